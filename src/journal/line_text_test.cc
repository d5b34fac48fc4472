// SPDX-License-Identifier: Apache-2.0
#include "journal/line_text.h"

#include <doctest/doctest.h>

#include "base/text.h"

using namespace stayd;
using namespace stayd::journal;

namespace {

constexpr WallTime noon{1'764'075'600'000'000'001};
const std::string noon_iso = format_rfc3339(noon) + " ";

LineSource source(std::uint32_t stream, StreamKind kind = StreamKind::stdout_only) {
  return {.instance = "web", .run = RunId{3}, .kind = kind, .stream = stream};
}

std::string in_pieces(TextForm form, std::string_view bytes, std::size_t piece) {
  OpenLine line;
  std::string out;
  LineText text(form, source(1), line, out);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view rest = bytes.substr(at, piece);
    while (!rest.empty()) rest.remove_prefix(text.append(rest, noon, {.most = out.size() + 64}));
  }
  text.end();
  return out;
}

std::string object(std::string_view message, std::string_view end = object_end) {
  std::string out;
  append_object_head(out, source(1), noon);
  return (out += message) += end;
}

}  // namespace

TEST_CASE("each line gets one time in front, however its bytes come") {
  const std::string bytes = "one\n\ntwo and more\nlast";
  const std::string expected =
      noon_iso + "one\n" + noon_iso + "\n" + noon_iso + "two and more\n" + noon_iso + "last\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    CHECK(in_pieces(TextForm::iso, bytes, piece) == expected);
  }
}

TEST_CASE("tai64n labels are those of djb's libtai") {
  std::string out;
  // The example of cr.yp.to/libtai/tai64.html: 1992-06-02 08:07:09 TAI. Its 27 leap seconds less
  // 10 are what a system's clock does not know.
  append_tai64n(out, {(0x2a2b2c2dLL - 10) * 1'000'000'000 + 0x0a});
  CHECK(out == "@400000002a2b2c2d0000000a");
  out.clear();
  append_tai64n(out, {-1});
  CHECK(out == "@40000000000000093b9ac9ff");
}

TEST_CASE("a line of json is one object, escaped, however its bytes come") {
  const std::string bytes = "say \"h\xc3\xa4\" \\ \t\x01\x7f\r \xe2\x82\xac \xf0\x9f\x98\x80\n\n";
  const std::string expected =
      object("say \\\"h\xc3\xa4\\\" \\\\ \\t\\u0001\\u007f\\r \xe2\x82\xac \xf0\x9f\x98\x80") +
      object("");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    CHECK(in_pieces(TextForm::json, bytes, piece) == expected);
  }
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD, each of them, however they come") {
  const std::string bytes = "a\xff\xe2\x82\n\xc3(\xed\xa0\x80\xf0\x9f\x98";
  const std::string expected =
      object("a\uFFFD\uFFFD\uFFFD") + object("\uFFFD(\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    CAPTURE(piece);
    CHECK(in_pieces(TextForm::json, bytes, piece) == expected);
  }
}

TEST_CASE("a line without an end is parted into objects of a bounded length") {
  std::string bytes;
  while (bytes.size() < 5 * most_message_piece) bytes += "\xe2\x82\xac\x01";
  const std::string out = in_pieces(TextForm::json, bytes, 1000);
  std::size_t objects = 0;
  for (std::size_t at = 0; at < out.size(); ++objects) {
    const std::size_t end = out.find('\n', at) + 1;
    CHECK(end - at <= most_object_bytes);
    CHECK(out.substr(at, end - at).find("\uFFFD") == std::string::npos);
    at = end;
  }
  CHECK(objects >= 5);
}

TEST_CASE("another stream closes an open line, and neither continues the other's") {
  OpenLine line;
  std::string out;
  LineText(TextForm::iso, source(1), line, out).append("half", noon, {});
  LineText(TextForm::iso, source(2), line, out).append("whole\n", noon, {});
  LineText(TextForm::iso, source(1), line, out).append(" rest\n", noon, {});
  CHECK(out == noon_iso + "half\n" + noon_iso + "whole\n" + noon_iso + " rest\n");
  out.clear();
  LineText(TextForm::json, source(1), line, out).append("half\xc3", noon, {});
  LineText(TextForm::json, source(2), line, out).append("whole\n", noon, {});
  CHECK(out == object("half\uFFFD", partial_object_end) + object("whole"));
}

TEST_CASE("an object that was torn at any byte is made whole again, or is taken back") {
  const std::string whole = object("a\\\"\\u0001\xe2\x82\xac");
  const std::size_t message = object("", "").size();
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    const std::size_t sound = sound_object_part(std::string_view(whole).substr(0, size));
    if (size < message) {
      CHECK(sound == 0);
    } else {
      const std::string mended = whole.substr(0, sound);
      const bool is_boundary =
          mended == object("", "") || mended == object("a", "") || mended == object("a\\\"", "") ||
          mended == object("a\\\"\\u0001", "") || mended == object("a\\\"\\u0001\xe2\x82\xac", "");
      CHECK(is_boundary);
    }
  }
}
