package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/report"
)

// sessionFlags say as whom AWS is asked.
type sessionFlags struct {
	profiles    []string
	roleARN     string
	externalID  string
	sessionName string
	mfaSerial   string
}

func (f *sessionFlags) register(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.profiles, "profile", nil, "`profiles` of the AWS configuration, one account after another; the default chain without")
	fs.StringVar(&f.roleARN, "role-arn", "", "assume the role of this `ARN`")
	fs.StringVar(&f.externalID, "external-id", "", "the external `id` that the role asks for")
	fs.StringVar(&f.sessionName, "session-name", "assay", "the `name` of the role's session, as CloudTrail shows it")
	fs.StringVar(&f.mfaSerial, "mfa-serial", "", "the `ARN` of the MFA device that the role asks for; its code is read from standard input")
}

// options are those of one profile.
func (f *sessionFlags) options(a *app, profile string, regions []string) audit.SessionOptions {
	return audit.SessionOptions{
		Profile: profile, RoleARN: f.roleARN, ExternalID: f.externalID, SessionName: f.sessionName, MFASerial: f.mfaSerial,
		MFAToken: a.askMFA, Regions: regions, Version: version,
	}
}

// askMFA reads the code of an MFA device.
func (a *app) askMFA(context.Context) (string, error) {
	fmt.Fprint(a.stderr, "MFA code: ")
	var line []byte
	for one := make([]byte, 1); ; { // no more than the line: another profile may ask too
		n, err := a.stdin.Read(one)
		line = append(line, one[:n]...)
		if n == 1 && one[0] == '\n' || errors.Is(err, io.EOF) || len(line) > 100 {
			break
		}
		if err != nil {
			return "", err
		}
	}
	code := strings.TrimSpace(string(line))
	if code == "" {
		return "", errors.New("no MFA code was given")
	}
	return code, nil
}

// collect asks AWS.
func (a *app) collect(ctx context.Context, f *auditFlags, o audit.Options) (*audit.Inventory, error) {
	sessions, err := a.sessions(ctx, f)
	if err != nil {
		return nil, err
	}
	o.Now = a.now().UTC().Truncate(time.Second)
	saved, err := openSaved(f, &o)
	if err != nil {
		return nil, err
	}
	defer saved.close()
	watch := a.watch(f.output.quiet, progressOf(o.Progress))
	defer watch.stop()
	inv, err := audit.Collect(ctx, o, sessions...)
	if err != nil {
		if inv == nil {
			saved.forget()
			return nil, notBegun(ctx, err)
		}
		return nil, saved.kept(err)
	}
	if f.collect.secret != "" {
		if err := inv.Only(f.collect.secret); err != nil && inv.Complete() {
			saved.forget()
			return nil, withHint(err, "check the name, --region and the account; assay audit without --secret lists all")
		}
	}
	return inv, saved.finish(inv)
}

// sessions gets the credentials of every profile before anything is asked, so
// that a profile that cannot be used costs no collection.
func (a *app) sessions(ctx context.Context, f *auditFlags) ([]aws.Config, error) {
	if f.opened != nil {
		return f.opened, nil // no device is asked for a code twice
	}
	profiles := f.session.profiles
	if len(profiles) == 0 {
		profiles = []string{""}
	}
	var sessions []aws.Config
	for _, p := range profiles {
		cfg, err := audit.NewSession(ctx, f.session.options(a, p, f.collect.chosen()))
		if err != nil {
			return nil, notBegun(ctx, err)
		}
		sessions = append(sessions, cfg)
	}
	f.opened = sessions
	return sessions, nil
}

// notBegun is the error of a collection that could not begin, with the hint of
// package audit, or that was interrupted before.
func notBegun(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	var e *audit.SessionError
	if errors.As(err, &e) && e.Hint != "" {
		return withHint(err, "%s", e.Hint)
	}
	return err
}

// chosen are the regions that were asked for, nil for all.
func (f *collectFlags) chosen() []string {
	if slices.Contains(f.regions, "all") {
		return nil
	}
	return f.regions
}

func (f *collectFlags) options(ops []audit.Operation, mask, prose func(string) string) audit.Options {
	o := audit.Options{
		Regions: f.chosen(), Secret: f.secret, Operations: map[audit.Operation]bool{}, Rate: f.rate, Concurrency: f.concurrency,
		CallTimeout: f.callTimeout, RunTimeout: f.timeout, MaxEvents: f.maxEvents, Since: since(f.eventDays),
		Mask: mask, MaskProse: prose, Progress: &audit.Progress{}, Version: version,
	}
	o.Shard, _ = report.ParseShard(f.shard) // it is valid
	for _, op := range ops {
		o.Operations[op] = op != audit.LookupEvents || f.eventDays > 0
	}
	return o
}

func progressOf(p *audit.Progress) func() string {
	return func() string {
		n := p.Count()
		return fmt.Sprintf("%d of %d regions, %d secrets, %d events, %d calls", n.Regions, n.AllRegions, n.Secrets, n.Events, n.Calls)
	}
}
