// Command cmd serves a made-up AWS on this machine, for trying an audit
// without an account:
//
//	go run ./audit/fakeaws/cmd --demo
//
// It prints the environment that points the AWS SDKs and tools at it, and
// serves until it is interrupted.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/assayhq/assay/audit/fakeaws"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fakeaws:", err)
		os.Exit(1)
	}
}

// settings are the flags.
type settings struct {
	demo       bool
	secrets    int
	everywhere bool
	accounts   int
	session    time.Duration
	scale      float64
	seed       uint64
	listen     string
	fault      string
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("fakeaws", flag.ContinueOnError)
	flags.BoolVar(&s.demo, "demo", false, "serve a small company's accounts (the default without --secrets)")
	flags.IntVar(&s.secrets, "secrets", 0, "serve an account with this many secrets")
	flags.BoolVar(&s.everywhere, "everywhere", false, "put --secrets into each of the 17 regions that need no opting in")
	flags.IntVar(&s.accounts, "organization", 0, "put --secrets into each of these regions of so many `accounts`, whose role "+fakeaws.LoadRole+" the first one may assume")
	flags.DurationVar(&s.session, "session", 0, "how long sessions of that role last; 0: as long as is asked for")
	flags.Float64Var(&s.scale, "scale", 0, "rate limits, as a multiple of AWS's own; 0: none")
	flags.Uint64Var(&s.seed, "seed", 1, "makes the access keys: the same seed, the same keys")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:0", "address to serve on")
	flags.StringVar(&s.fault, "fault", "", "name of a fault to inject into every call it can meet")
	err := flags.Parse(args)
	return s, err
}

// run serves until ctx is done.
func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	many := s.secrets > 0
	if many {
		debug.SetGCPercent(400) // the heap is small, and would be collected all the time
	}
	cloud := fakeaws.New(fakeaws.Options{Scale: s.scale, Seed: s.seed, TrustSignatures: many, CountOnly: many})
	account, region := populate(cloud, s)
	server, err := start(cloud, s)
	if err != nil {
		return err
	}
	defer server.Close()
	keys := account.User("auditor")
	fmt.Fprintf(out, "export AWS_ENDPOINT_URL=%s\nexport AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\nexport AWS_REGION=%s\n",
		server.URL, keys.AccessKeyID, keys.SecretAccessKey, region)
	<-ctx.Done()
	return nil
}

// populate lays down what is to be served and returns where to look first.
func populate(cloud *fakeaws.Cloud, s settings) (*fakeaws.Account, string) {
	if s.demo || s.secrets == 0 {
		account := fakeaws.Demo(cloud)
		if s.secrets == 0 {
			return account, "eu-west-1"
		}
	}
	if s.accounts > 0 {
		return fakeaws.LoadOrganization(cloud, s.accounts, s.secrets, s.session), fakeaws.LoadRegion
	}
	if s.everywhere {
		return fakeaws.LoadEverywhere(cloud, s.secrets), fakeaws.LoadRegion
	}
	return fakeaws.Load(cloud, s.secrets), fakeaws.LoadRegion
}

// start serves the cloud, with the fault if one is wished for.
func start(cloud *fakeaws.Cloud, s settings) (*fakeaws.Server, error) {
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return nil, err
	}
	if s.fault == "" {
		return fakeaws.Serve(cloud, listener, "http"), nil
	}
	fault, err := cloud.Inject(s.fault, fakeaws.Scope{})
	if err != nil {
		listener.Close()
		return nil, err
	}
	return fakeaws.Serve(cloud, fault.Listen(listener), fault.Scheme()), nil
}
