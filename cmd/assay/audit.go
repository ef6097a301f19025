package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// auditFlags are the flags of assay audit. Each can also stand in the
// environment and, but for those that name files or one secret, in the [audit]
// table of .assay.toml.
type auditFlags struct {
	session   sessionFlags
	collect   collectFlags
	inventory string
	save      string
	resume    bool
	checks    checkFlags
	config    configFlags
	output    outputFlags
	gate      gateFlags
}

func (a *app) auditCommand() *cobra.Command {
	f := &auditFlags{}
	c := &cobra.Command{
		Use:   "audit",
		Short: "Judge how an AWS account keeps its secrets",
		Long: `Judge every secret in AWS Secrets Manager, in every enabled region: rotation,
versions, KMS key, replicas, and what CloudTrail says of its access.

assay reads metadata only. It cannot read the value of a secret: it has no client
for that. "assay audit policy" prints what it must be allowed. What it could not
ask is named, counts as not evaluated, and the exit code is 3.

Credentials come from where the AWS CLI takes them: the environment, a profile,
SSO, a role, the instance. Without an AWS account, --inventory judges a saved
file.`,
		Example: `  assay audit
  assay audit --profile prod --region eu-west-1,us-east-1
  assay audit --role-arn arn:aws:iam::111122223333:role/Auditor --save today.jsonl
  assay audit --inventory testdata/aws/demo.jsonl
  assay audit --secret prod/billing/db
  assay audit diff yesterday.jsonl today.jsonl
  assay audit policy`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.audit(c.Context(), c.Flags(), f) },
	}
	f.session.register(c.Flags())
	f.collect.register(c.Flags())
	c.Flags().StringVar(&f.inventory, "inventory", "", "judge a saved inventory `file` and ask AWS nothing")
	c.Flags().StringVar(&f.save, "save", "", "save the inventory to a `file`; it grows as FILE.partial")
	c.Flags().BoolVar(&f.resume, "resume", false, "go on from the FILE.partial of a run that was broken off")
	f.checks.register(c.Flags())
	f.config.register(c.Flags(), "the current folder")
	f.output.register(c.Flags())
	c.Flags().MarkHidden("sarif-history")
	f.gate.register(c.Flags())
	c.AddCommand(a.auditPolicy(), a.auditDiff())
	return c
}

// checkFlags choose checks.
type checkFlags struct{ only, exclude []string }

func (f *checkFlags) register(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.only, "check", nil, "run only the checks with these `ids`, or whose ids begin so: SM-ROT")
	fs.StringSliceVar(&f.exclude, "exclude-check", nil, "leave out the checks with these `ids`, or whose ids begin so")
}

// chosen returns the checks that the flags leave.
func (f *checkFlags) chosen() ([]*audit.Check, error) {
	all := audit.Checks()
	for _, id := range append(slices.Clone(f.only), f.exclude...) {
		if !slices.ContainsFunc(all, func(c *audit.Check) bool { return names(id, c.ID) }) {
			return nil, withHint(fmt.Errorf("there is no check %q", id), "assay rules list SM- shows the ids")
		}
	}
	left := slices.DeleteFunc(all, func(c *audit.Check) bool {
		named := func(id string) bool { return names(id, c.ID) }
		return slices.ContainsFunc(f.exclude, named) || len(f.only) > 0 && !slices.ContainsFunc(f.only, named)
	})
	if len(left) == 0 {
		return nil, withHint(errors.New("no check is left, so nothing could be judged"), "look at --check and --exclude-check")
	}
	return left, nil
}

// names reports whether id is that of a check, or the beginning of it up to a
// hyphen.
func names(id, check string) bool {
	id = strings.ToUpper(id)
	return id != "" && (id == check || strings.HasPrefix(check, strings.TrimSuffix(id, "-")+"-"))
}

// activeChecks returns the checks that run. A collection without events leaves out
// those that need them.
func (f *auditFlags) activeChecks() ([]*audit.Check, error) {
	checks, err := f.checks.chosen()
	if err != nil || f.inventory != "" || f.collect.eventDays > 0 {
		return checks, err
	}
	checks = slices.DeleteFunc(checks, func(c *audit.Check) bool { return c.Events })
	if len(checks) == 0 {
		return nil, withHint(errors.New("no check is left, so nothing could be judged"), "those that were chosen need --event-days")
	}
	return checks, nil
}

// offline checks that no flag of the command line wants to ask AWS where a saved
// inventory is judged. In the environment and the configuration they stand for
// other runs.
func (f *auditFlags) offline(fs *pflag.FlagSet) error {
	if f.inventory == "" {
		return nil
	}
	asking := pflag.NewFlagSet("", pflag.ContinueOnError)
	(&sessionFlags{}).register(asking)
	(&collectFlags{}).register(asking)
	var err error
	asking.VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "secret" && fs.Changed(flag.Name) && err == nil {
			err = withHint(fmt.Errorf("--%s is for asking AWS, and --inventory judges a saved file", flag.Name), "leave one of them out")
		}
	})
	return err
}

// auditLimit is softLimit for an audit, whose buffers are many and short-lived:
// one of 17 regions with 1,000 secrets each filled 333 MB without it, 183 with.
const auditLimit = 200 << 20

// audit runs the command.
func (a *app) audit(ctx context.Context, fs *pflag.FlagSet, f *auditFlags) error {
	if err := f.offline(fs); err != nil {
		return err
	}
	config, err := a.settleAudit(fs, &f.config)
	if err != nil {
		return err
	}
	if f.inventory != "" && (f.save != "" || f.resume) {
		return withHint(errors.New("--inventory judges a saved file, and there is nothing to save"), "leave out --save and --resume")
	}
	if err := f.collect.valid(); err != nil {
		return err
	}
	checks, err := f.activeChecks()
	if err != nil {
		return err
	}
	settings, err := config.Audit.Settings.Merge()
	if err != nil {
		return withHint(fmt.Errorf("%s: audit.%w", config.name, err), "the README lists the keys of [audit]")
	}
	mask, prose, err := maskers()
	if err != nil {
		return err
	}
	out, err := a.openOutput(&f.output, report.AtLeast, report.ConfidenceLow, &f.gate)
	if err != nil {
		return err
	}
	defer out.close()
	limitMemory(auditLimit)
	inv, err := a.inventory(ctx, f, f.collect.options(checks, mask, prose))
	if err != nil {
		return err
	}
	judge := &audit.Judge{Checks: checks, Settings: settings, Salt: config.salt(a.getenv), Mask: mask}
	if err := a.judge(judge, inv, config, out); err != nil {
		return withHint(fmt.Errorf("the report could not be written: %w", err), "what was found is not complete in any report")
	}
	a.exit = f.gate.exitCode(out.gate)
	return nil
}

// settleAudit gives every flag its value, as settle does for a scan.
func (a *app) settleAudit(fs *pflag.FlagSet, f *configFlags) (*config, error) {
	if err := a.fromEnvironment(fs); err != nil {
		return nil, err
	}
	c, trusted, err := f.configure(".")
	if err != nil {
		return nil, err
	}
	return c, c.apply(fs, "audit", &c.Audit, trusted)
}

// maskers hide credentials in what AWS says. The first is for names, ARNs and
// policies and knows tokens by their own shape: the grammars that find what is
// assigned to a name such as "secret" would take every ARN of a secret for one.
// The second is for messages, which hold what a function prints, and uses all
// rules but for the ARNs in them.
func maskers() (name, prose func(string) string, err error) {
	shaped, err := rules.Compile(slices.DeleteFunc(slices.Clone(rules.Builtin()), func(r rules.Rule) bool { return r.Grammar != "" || len(r.Prefixes) == 0 }))
	if err != nil {
		return nil, nil, err
	}
	all, err := rules.Compile(rules.Builtin())
	if err != nil {
		return nil, nil, err
	}
	return shaped.Mask, func(text string) string {
		var b strings.Builder
		for text != "" {
			before, arn, after := cutARN(text)
			b.WriteString(all.Mask(before))
			b.WriteString(shaped.Mask(arn))
			text = after
		}
		return b.String()
	}, nil
}

// cutARN returns what stands before the first ARN of a text, the ARN, and the
// rest.
func cutARN(text string) (before, arn, after string) {
	i := strings.Index(text, "arn:aws")
	if i < 0 {
		return text, "", ""
	}
	end := strings.IndexAny(text[i:], " \t\r\n\"'<>,;()")
	if end < 0 {
		return text[:i], text[i:], ""
	}
	return text[:i], text[i : i+end], text[i+end:]
}

// judge writes the reports.
func (a *app) judge(j *audit.Judge, inv *audit.Inventory, config *config, out *outputs) error {
	err := out.Begin(report.Run{
		Tool: "assay", Version: version, Command: "audit", Target: j.Mask(inv.Target()), Config: j.Mask(config.name),
		Rules: audit.Descriptions(j.Checks), Coverage: inv.Coverage(),
	})
	if err != nil {
		return err
	}
	summary, err := j.Run(inv, out)
	if err == nil && inv.Secret != "" {
		summary.Facts, err = inv.Portrait(j.Settings)
		for i, f := range summary.Facts {
			summary.Facts[i].Text = j.Mask(f.Text)
		}
	}
	return cmp.Or(err, out.End(summary)) // End may have nothing to say but the same
}

// inventory is what the checks judge: saved, or collected now.
func (a *app) inventory(ctx context.Context, f *auditFlags, o audit.Options) (*audit.Inventory, error) {
	if f.inventory == "" {
		return a.collect(ctx, f, o)
	}
	inv, err := readInventory(f.inventory)
	if err != nil {
		return nil, err
	}
	if f.collect.secret != "" {
		err = inv.Only(f.collect.secret)
	}
	return inv, err
}

func readInventory(name string) (*audit.Inventory, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, withHint(fmt.Errorf("inventory %s: %w", name, pathless(err)), "assay audit --save FILE makes one")
	}
	defer file.Close()
	inv, err := audit.ReadInventory(file)
	if err != nil {
		return nil, withHint(fmt.Errorf("inventory %s: %w", name, err), "assay audit --save FILE makes one; each line is a record of its schema")
	}
	return inv, nil
}

// A collectFlags say what is asked, and how fast.
type collectFlags struct {
	regions     []string
	secret      string
	eventDays   int
	maxEvents   int
	rate        float64
	concurrency int
	callTimeout time.Duration
	timeout     time.Duration
}

func (f *collectFlags) register(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.regions, "region", nil, "only these `regions`, separated by commas; all by default")
	fs.StringVar(&f.secret, "secret", "", "judge one secret, by its `name` or ARN, and end in a verdict on it")
	fs.IntVar(&f.eventDays, "event-days", audit.MaxEventDays, "how many `days` of CloudTrail's event history to read; 0 leaves out the checks that need it")
	fs.IntVar(&f.maxEvents, "max-events", audit.DefaultMaxEvents, "how `many` events to read for each region, the newest first")
	fs.Float64Var(&f.rate, "rate", audit.DefaultRate, "requests a second as a `share` of AWS's quotas")
	fs.IntVar(&f.concurrency, "max-concurrency", audit.DefaultConcurrency, "`requests` in flight in each region")
	fs.DurationVar(&f.callTimeout, "call-timeout", audit.DefaultCallTimeout, "the longest `time` for one request; a call is at most five, of which two may time out")
	fs.DurationVar(&f.timeout, "timeout", 0, "the longest `time` for the whole collection, 0 for any; what is missing then is named")
}

// valid refuses numbers that mean nothing.
func (f *collectFlags) valid() error {
	switch {
	case f.eventDays < 0 || f.eventDays > audit.MaxEventDays:
		return fmt.Errorf("--event-days is %d: CloudTrail keeps %d days", f.eventDays, audit.MaxEventDays)
	case f.maxEvents < 1:
		return withHint(fmt.Errorf("--max-events is %d", f.maxEvents), "--event-days 0 reads no events")
	case !(f.rate > 0 && f.rate <= 1e6): // nor NaN
		return fmt.Errorf("--rate is %v: 1 is all that AWS's quotas allow", f.rate)
	case f.concurrency < 1:
		return fmt.Errorf("--max-concurrency is %d", f.concurrency)
	case f.callTimeout <= 0 || f.timeout < 0:
		return errors.New("--call-timeout and --timeout are lengths of time, such as 30s")
	}
	return nil
}
