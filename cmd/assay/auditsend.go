package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/audit/send"
	"github.com/assayhq/assay/report"
)

// sendFlags say who else is told of an audit. Without them nothing is sent, and no
// configuration can set them.
type sendFlags struct {
	to       []string
	alerts   []string
	evidence bool
	compare  string
	dry      bool
}

func (f *sendFlags) register(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.to, "send", nil, "send every verdict to `securityhub`, in the region and by the account that it is of")
	fs.StringArrayVar(&f.alerts, "alert", nil, "tell `destination` what is new or worse, from --fail-on's severity on: sns:ARN, eventbridge:BUS or webhook:URL; repeatable")
	fs.BoolVar(&f.evidence, "alert-evidence", false, "put the evidence into alerts, which may name principals and addresses")
	fs.StringVar(&f.compare, "compare", "", "the earlier `file` that alerts compare with: an inventory, or a report in json or jsonl; by default what --save replaces")
	fs.BoolVar(&f.dry, "dry-run", false, "send nothing; say on standard error what would be sent")
}

// needsSession reports whether AWS is asked to take something.
func (f *sendFlags) needsSession() bool { return len(f.to)+len(f.alerts) > 0 && !f.dry }

// A sending is what goes out at the end of an audit.
type sending struct {
	flags        *sendFlags
	quiet        bool
	destinations []send.Destination
	before       *audit.Inventory // that alerts compare with, nil for none
	earlier      *send.Earlier    // what was found then
	first        string           // the file that an alert would need and that is not there yet
	sessions     map[string]aws.Config
	session      aws.Config // of the first account, for alerts
	client       *send.Client
	hub          *send.SecurityHub
	alerts       *send.Alerts
	least        report.Severity
}

// prepareSending reads the flags, and what an alert compares with before --save
// replaces it. It is nil where nothing is sent.
func (a *app) prepareSending(f *auditFlags) (*sending, error) {
	s := &sending{flags: &f.send, quiet: f.output.quiet, client: send.NewClient(version), least: f.gate.failOn, earlier: send.NewEarlier()}
	for _, to := range f.send.to {
		if to != "securityhub" {
			return nil, withHint(fmt.Errorf("--send %q is unknown", to), "use securityhub")
		}
	}
	for _, text := range f.send.alerts {
		d, err := send.ParseDestination(text)
		if err != nil {
			return nil, withHint(fmt.Errorf("--alert: %w", err), "write sns:ARN, eventbridge:BUS or webhook:URL; ASSAY_ALERT keeps an address out of the list of processes")
		}
		s.destinations = append(s.destinations, d)
	}
	switch {
	case len(s.destinations) > 0:
		return s, s.readEarlier(f)
	case f.send.compare != "" || f.send.evidence:
		return nil, withHint(errors.New("--compare and --alert-evidence are for alerts"), "--alert says where they go")
	case len(f.send.to) > 0:
		return s, nil
	case f.send.dry:
		return nil, withHint(errors.New("--dry-run without --send or --alert"), "nothing is sent without them")
	}
	return nil, nil
}

// readEarlier reads what alerts compare with.
func (s *sending) readEarlier(f *auditFlags) error {
	name := f.send.compare
	if name == "" {
		if f.save == "" {
			return withHint(errors.New("--alert without an earlier run to compare with"), "name one with --compare, or give --save: the inventory that it replaces is the earlier one")
		}
		if _, err := os.Stat(f.save); errors.Is(err, fs.ErrNotExist) {
			s.first = f.save
			return nil
		}
		name = f.save
	}
	data, err := os.Open(name)
	if err != nil {
		return withHint(fmt.Errorf("--compare %s: %w", name, pathless(err)), "assay audit --save FILE makes one")
	}
	defer data.Close()
	r := bufio.NewReaderSize(data, 64<<10)
	start, _ := r.Peek(200) // what cannot be read is an error below
	if bytes.Contains(start, []byte(`"type":"inventory"`)) {
		s.before, err = audit.ReadInventory(r)
	} else {
		err = s.readReport(r)
	}
	if err != nil {
		return withHint(fmt.Errorf("--compare %s: %w", name, err), "it is an inventory of --save, or a report in json or jsonl")
	}
	return nil
}

func (s *sending) readReport(r *bufio.Reader) error {
	list, err := report.ReadList(r)
	if err != nil {
		return err
	}
	for _, f := range list.Findings {
		s.earlier.Finding(f) // it has no error
	}
	return nil
}

// openSending gets the sessions before anything is asked, so that a profile that
// cannot be used costs no collection.
func (a *app) openSending(ctx context.Context, f *auditFlags, s *sending) error {
	if s == nil || !s.needsAWS() {
		return nil
	}
	sessions, err := a.sessions(ctx, f)
	if err != nil {
		return err
	}
	s.session, s.sessions = sessions[0], map[string]aws.Config{}
	if len(f.send.to) == 0 {
		return nil
	}
	for _, cfg := range sessions {
		account, err := audit.AccountOf(ctx, cfg, version)
		if err != nil {
			return notBegun(ctx, err)
		}
		s.sessions[account] = cfg
	}
	return nil
}

// needsAWS reports whether anything is for a service of AWS.
func (s *sending) needsAWS() bool {
	some := len(s.flags.to) > 0
	for _, d := range s.destinations {
		some = some || !d.Webhook()
	}
	return some && !s.flags.dry
}

// attachSending puts what sends beside the reports, and finds out what failed in the
// earlier run, by today's checks.
func (a *app) attachSending(ctx context.Context, s *sending, j *audit.Judge, out *outputs) error {
	if s == nil {
		return nil
	}
	var more []report.Handler
	if len(s.flags.to) > 0 {
		s.hub = &send.SecurityHub{Client: s.client, Sessions: s.sessions}
		if s.flags.dry {
			s.hub.Dry = func(line string) { fmt.Fprintln(a.stderr, "assay: "+report.Inert(line)) }
		}
		more = append(more, report.NewASFF(s.hub.Writer(ctx), report.ASFFOptions{Now: a.factsTime}))
	}
	if len(s.destinations) > 0 && s.first == "" {
		if s.before != nil {
			if _, err := j.Run(s.before, s.earlier); err != nil {
				return fmt.Errorf("the earlier inventory: %w", err)
			}
			s.before = nil
		}
		s.alerts = &send.Alerts{Earlier: s.earlier, Least: s.least}
		if s.flags.evidence {
			s.alerts.Evidence = send.EvidenceIncluded
		}
		more = append(more, s.alerts)
	}
	if more != nil {
		out.Handler = report.Tee(out.Handler, report.AtLeast(report.ConfidenceLow, report.Tee(more...)))
	}
	return nil
}

// refusalsListed is how many findings that were not taken are named.
const refusalsListed = 20

// deliver says what came of sending, and sends the alerts.
func (a *app) deliver(ctx context.Context, s *sending) error {
	if s == nil {
		return nil
	}
	if ctx.Err() != nil {
		fmt.Fprintln(a.stderr, "assay: interrupted: no alert was sent, and not every finding")
		return nil
	}
	var errs []error
	if s.hub != nil {
		errs = append(errs, a.sentToHub(s))
	}
	if s.first != "" {
		a.note(s, "no alert: there is no earlier inventory %s to compare with; the next run has one", s.first)
	}
	if s.alerts != nil {
		errs = append(errs, a.alert(ctx, s))
	}
	if err := errors.Join(errs...); err != nil {
		return withHint(err, "the reports are complete; what was not sent, another run sends")
	}
	return nil
}

func (a *app) note(s *sending, format string, args ...any) {
	if !s.quiet {
		fmt.Fprintf(a.stderr, "assay: "+format+"\n", args...)
	}
}

// sentToHub names what Security Hub did not take.
func (a *app) sentToHub(s *sending) error {
	refusals := s.hub.Refusals()
	for _, r := range refusals[:min(len(refusals), refusalsListed)] {
		what := "nothing more was sent"
		if r.ID != "" {
			what = "not taken: " + r.ID
		}
		fmt.Fprintln(a.stderr, report.Inert("assay: Security Hub in "+r.Region+" of account "+r.Account+": "+what+": "+r.Why()))
	}
	if more := len(refusals) - refusalsListed; more > 0 {
		fmt.Fprintf(a.stderr, "assay: and %d more\n", more)
	}
	if !s.flags.dry {
		a.note(s, "Security Hub took %d findings", s.hub.Sent())
	}
	return s.hub.Err()
}

// alert sends what is new or worse to every destination; one that fails costs itself.
func (a *app) alert(ctx context.Context, s *sending) error {
	alert := s.alerts.Alert()
	if alert == nil {
		a.note(s, "no alert: nothing is new or worse")
		return nil
	}
	var errs []error
	for _, d := range s.destinations {
		if s.flags.dry {
			errs = append(errs, a.wouldSend(d, alert))
			continue
		}
		err := s.client.Alert(ctx, s.session, d, alert)
		if err == nil {
			a.note(s, "alert of %d new and %d worse sent to %s", alert.New, alert.Worse, d)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (a *app) wouldSend(d send.Destination, alert *send.Alert) error {
	bodies, err := send.Bodies(d, alert)
	for _, b := range bodies {
		fmt.Fprintf(a.stderr, "assay: would send to %s: %s\n", d, report.Inert(b))
	}
	return err
}

// allow adds what sending needs to a policy: the only statement of it that writes.
func (f *sendFlags) allow(d *audit.PolicyDocument) error {
	var actions []string
	for _, to := range f.to {
		if to != "securityhub" {
			return withHint(fmt.Errorf("--send %q is unknown", to), "use securityhub")
		}
		actions = append(actions, string(send.BatchImportFindings))
	}
	for _, text := range f.alerts {
		destination, err := send.ParseDestination(text)
		if err != nil {
			return fmt.Errorf("--alert: %w", err)
		}
		if op := destination.Operation(); op != "" {
			actions = append(actions, string(op))
		}
	}
	slices.Sort(actions)
	if actions = slices.Compact(actions); len(actions) > 0 {
		d.Statement = append(d.Statement, audit.PolicyStatement{Sid: "AssaySends", Effect: "Allow", Action: actions, Resource: "*"})
	}
	return nil
}
