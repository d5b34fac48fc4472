// SPDX-License-Identifier: Apache-2.0

// Talks to a supervisor by a Varlink library that is not ours: what any other client would do.
//
//	varlink SOCKET INTERFACE-FILE
//
// The supervisor has one service, "sleepy", which is running.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/varlink/go/varlink"
	"github.com/varlink/go/varlink/idl"
)

const supervisor = "dev.stayd.Supervisor"

type instance struct {
	Service  string `json:"service"`
	Instance string `json:"instance"`
	Phase    string `json:"phase"`
	Want     string `json:"want"`
	Reason   string `json:"reason"`
	Pid      int    `json:"pid"`
	Run      int    `json:"run"`
}

type status struct {
	Version    int `json:"version"`
	Supervisor struct {
		Pid     int    `json:"pid"`
		Keeper  int    `json:"keeper"`
		Version string `json:"version"`
	} `json:"supervisor"`
	Instances []instance `json:"instances"`
}

type results struct {
	Results []struct {
		Instance string `json:"instance"`
		Outcome  string `json:"outcome"`
	} `json:"results"`
}

type event struct {
	Event struct {
		Kind     string   `json:"kind"`
		Before   string   `json:"before"`
		Instance instance `json:"instance"`
	} `json:"event"`
}

type command struct {
	Names []string `json:"names"`
	Wait  bool     `json:"wait,omitempty"`
}

func must(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func expect(what string, holds bool, got interface{}) {
	if !holds {
		must(what, fmt.Errorf("got %+v", got))
	}
}

func introspect(ctx context.Context, c *varlink.Connection, file string) {
	var vendor, product, version, url string
	var interfaces []string
	must("GetInfo", c.GetInfo(ctx, &vendor, &product, &version, &url, &interfaces))
	expect("GetInfo: product", product == "stayd", product)
	expect("GetInfo: interfaces", strings.Contains(strings.Join(interfaces, " "), supervisor), interfaces)

	description, err := c.GetInterfaceDescription(ctx, supervisor)
	must("GetInterfaceDescription", err)
	text, err := os.ReadFile(file)
	must("the interface file", err)
	expect("GetInterfaceDescription is the interface file", description == string(text), description)
	// Varlink allows capitals in an interface's name; this version of the library's parser does not.
	lower := strings.Replace(description, "interface "+supervisor, "interface "+strings.ToLower(supervisor), 1)
	parsed, err := idl.New(lower)
	must("the library's parser of interface files", err)
	expect("methods in the interface file", len(parsed.Methods) >= 10, parsed.Methods)

	_, err = c.GetInterfaceDescription(ctx, "dev.stayd.Nothing")
	expect("an unknown interface is an error", err != nil, err)
}

func ask(ctx context.Context, c *varlink.Connection) instance {
	var s status
	must("Status", c.Call(ctx, supervisor+".Status", struct{}{}, &s))
	expect("Status: version", s.Version == 1, s)
	expect("Status: supervisor", s.Supervisor.Pid > 1 && s.Supervisor.Keeper > 0, s)
	expect("Status: instances", len(s.Instances) == 1, s)
	return s.Instances[0]
}

func one(what, outcome string, r results) {
	expect(what, len(r.Results) == 1 && r.Results[0].Outcome == outcome, r)
}

func refusals(ctx context.Context, c *varlink.Connection) {
	var r results
	err := c.Call(ctx, supervisor+".Stop", command{Names: []string{"slepy"}}, &r)
	var named *varlink.Error
	expect("a service that is not there", errors.As(err, &named) && named.Name == supervisor+".NoSuchService", err)
	err = c.Call(ctx, supervisor+".Fly", struct{}{}, &r)
	var method *varlink.MethodNotFound
	expect("a method that is not there", errors.As(err, &method), err)
	err = c.Call(ctx, supervisor+".Stop", map[string]int{"names": 1}, &r)
	var parameter *varlink.InvalidParameter
	expect("a parameter of the wrong type", errors.As(err, &parameter) && parameter.Parameter == "names", err)
}

// Reads events until the service has gone to `phase`.
func until(ctx context.Context, receive func(context.Context, interface{}) (uint64, error), phase string) {
	for {
		var e event
		flags, err := receive(ctx, &e)
		must("Events", err)
		expect("Events go on", flags == varlink.Continues, flags)
		if e.Event.Kind == "phase" && e.Event.Instance.Phase == phase {
			return
		}
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	address := "unix:" + os.Args[1]
	c, err := varlink.NewConnection(ctx, address)
	must("connecting", err)
	introspect(ctx, c, os.Args[2])
	refusals(ctx, c)

	before := ask(ctx, c)
	expect("sleepy runs", before.Phase == "running" && before.Pid > 0, before)

	listener, err := varlink.NewConnection(ctx, address)
	must("a second connection", err)
	receive, err := listener.Send(ctx, supervisor+".Events", struct{}{}, varlink.More)
	must("Events", err)

	var r results
	must("Stop", c.Call(ctx, supervisor+".Stop", command{Names: []string{"sleepy"}, Wait: true}, &r))
	one("Stop", "stopped", r)
	until(ctx, receive, "stopped")
	stopped := ask(ctx, c)
	expect("sleepy is stopped", stopped.Phase == "stopped" && stopped.Pid == 0, stopped)

	must("Start", c.Call(ctx, supervisor+".Start", command{Names: []string{"sle*"}, Wait: true}, &r))
	one("Start", "running", r)
	until(ctx, receive, "running")
	after := ask(ctx, c)
	expect("sleepy runs anew", after.Phase == "running" && after.Run > before.Run, after)
	fmt.Println("varlink-go: everything as the interface says")
}
