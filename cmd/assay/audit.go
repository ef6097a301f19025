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

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan"
)

// auditFlags are the flags of assay audit. Each can also stand in the
// environment and, but for those that name files or one secret, in the [audit]
// table of .assay.toml.
type auditFlags struct {
	session   sessionFlags
	members   memberFlags
	collect   collectFlags
	trail     trailFlags
	inventory []string
	save      string
	resume    bool
	mutelist  string
	history   string
	checks    checkFlags
	config    configFlags
	output    outputFlags
	gate      gateFlags
	send      sendFlags
	opened    []aws.Config // the sessions, once they are made
}

func (a *app) auditCommand() *cobra.Command {
	f := &auditFlags{}
	c := &cobra.Command{
		Use:   "audit",
		Short: "Judge how an AWS account keeps its secrets",
		Long: `Judge every secret in AWS Secrets Manager, in every enabled region: rotation,
versions, KMS key, replicas, and what CloudTrail says of its access. With --scope
access, judge who can read them, and with --scope config search the configuration of
other services for credentials; all does everything.

assay reads metadata only. It cannot read the value of a secret: it has no client
for that. "assay audit policy" prints what it must be allowed. What it could not
ask is named, counts as not evaluated, and the exit code is 3. What a mutelist says
may stay as it is, reports mark, and it does not count.

Credentials come from where the AWS CLI takes them: the environment, a profile,
SSO, a role, the instance. Without an AWS account, --inventory judges a saved
file.`,
		Example: `  assay audit
  assay audit --profile prod --region eu-west-1,us-east-1
  assay audit --role-arn arn:aws:iam::111122223333:role/Auditor --save today.jsonl
  assay audit --organization --role-name assay --save today.jsonl
  assay audit --inventory testdata/aws/demo.jsonl
  assay audit --shard 2/5 --organization --role-name assay --save 2.jsonl
  assay audit --secret prod/billing/db
  assay audit --scope all --mutelist mute.yaml
  assay audit --history runs.db --report html=posture.html
  assay audit --trail-files ./trail --event-days 365
  assay audit diff yesterday.jsonl today.jsonl
  assay audit policy`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.audit(c.Context(), c.Flags(), f) },
	}
	f.session.register(c.Flags())
	f.members.register(c.Flags())
	f.collect.register(c.Flags())
	f.trail.register(c.Flags())
	c.Flags().StringSliceVar(&f.inventory, "inventory", nil, "judge saved inventory `files`, the shards of one or of several accounts, and ask AWS nothing")
	c.Flags().StringVar(&f.save, "save", "", "save the inventory to a `file`; it grows as FILE.partial")
	c.Flags().BoolVar(&f.resume, "resume", false, "go on from the FILE.partial of a run that was broken off")
	f.checks.register(c.Flags())
	c.Flags().StringVar(&f.mutelist, "mutelist", "", "a `file` of findings that may stay, as Prowler reads it; reports mark them, and they do not count")
	c.Flags().StringVar(&f.history, "history", "", "record the run in a `file`, for assay audit history and the trend of the format html")
	f.config.register(c.Flags(), "the current folder")
	f.output.register(c.Flags())
	c.Flags().MarkHidden("sarif-history")
	c.Flags().MarkHidden("sarif-category")
	f.gate.register(c.Flags())
	f.send.register(c.Flags())
	c.AddCommand(a.auditPolicy(), a.auditDiff(), a.auditAccess(), a.auditHistory(), a.auditCompliance(), a.auditSchedule())
	completeWords(c)
	return c
}

// checkFlags choose checks.
type checkFlags struct {
	only, exclude []string
	compliance    []string // ids of frameworks
	scope         string
	noValues      bool
}

func (f *checkFlags) register(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.only, "check", nil, "run only the checks with these `ids`, or whose ids begin so: SM-ROT")
	fs.StringSliceVar(&f.exclude, "exclude-check", nil, "leave out the checks with these `ids`, or whose ids begin so")
	fs.StringSliceVar(&f.compliance, "compliance", nil, "run only the checks that support these `frameworks`, and say how their controls stand; \"assay audit compliance\" lists them")
	fs.StringVar(&f.scope, "scope", "", "`what` to judge: secrets, access (who can read them, by the policies of all identities), config (credentials in the configuration of other services), or all; secrets by default, because the others take more calls and permissions, and of a saved file what it holds")
	fs.BoolVar(&f.noValues, "no-parameter-values", false, "do not read the values of Systems Manager's unencrypted parameters, the only values that --scope config reads")
}

// operations returns what is asked for checks.
func (f *checkFlags) operations(checks []*audit.Check) []audit.Operation {
	return slices.DeleteFunc(audit.OperationsOf(checks), func(op audit.Operation) bool { return f.noValues && op == audit.GetParameters })
}

// asking returns the checks to ask AWS for. What the user names needs no scope.
func (f *checkFlags) asking() ([]*audit.Check, error) {
	scope := f.scope
	if scope == "" && len(f.only) == 0 {
		scope = "secrets"
	}
	return f.within(scope)
}

// judging returns the checks for saved inventories. Without a scope those about
// configuration and about readers are left out where one of them was made without, and
// those about secrets where one was made of configuration alone.
func (f *checkFlags) judging(saved ...*audit.Inventory) ([]*audit.Check, error) {
	checks, err := f.within(f.scope)
	if err != nil || f.scope != "" || len(f.only) > 0 {
		return checks, err
	}
	lacks := func(made func(*audit.Inventory) bool) bool {
		return slices.ContainsFunc(saved, func(inv *audit.Inventory) bool { return !made(inv) })
	}
	unsearched, bare, anonymous := lacks((*audit.Inventory).Searched), lacks((*audit.Inventory).Detailed), lacks((*audit.Inventory).Identified)
	if unsearched && bare {
		return nil, withHint(errors.New("one inventory was made of secrets and the other of configuration"), "make both with the same --scope")
	}
	return someLeft(slices.DeleteFunc(checks, func(c *audit.Check) bool {
		if c.Configuration != nil {
			return unsearched
		}
		return bare || c.AboutReaders() && anonymous
	}))
}

// within returns the chosen checks of a scope, "" for any.
func (f *checkFlags) within(scope string) ([]*audit.Check, error) {
	checks, err := f.chosen()
	if err != nil {
		return nil, err
	}
	switch scope {
	case "", "all":
		return checks, nil
	case "secrets":
		checks = slices.DeleteFunc(checks, func(c *audit.Check) bool { return c.Configuration != nil || c.AboutReaders() })
	case "access":
		checks = slices.DeleteFunc(checks, func(c *audit.Check) bool { return !c.AboutReaders() })
	case "config":
		checks = slices.DeleteFunc(checks, func(c *audit.Check) bool { return c.Configuration == nil })
	default:
		return nil, withHint(fmt.Errorf("--scope %q is unknown", scope), "use secrets, access, config or all")
	}
	return someLeft(checks)
}

// someLeft refuses to judge nothing.
func someLeft(checks []*audit.Check) ([]*audit.Check, error) {
	if len(checks) == 0 {
		return nil, withHint(errors.New("no check is left, so nothing could be judged"), "look at --scope, --check and --exclude-check")
	}
	return checks, nil
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
	frameworks, err := f.frameworks()
	if err != nil {
		return nil, err
	}
	if frameworks != nil {
		left = slices.DeleteFunc(left, func(c *audit.Check) bool { return !c.SupportsAny(frameworks) })
	}
	if len(left) == 0 {
		return nil, withHint(errors.New("no check is left, so nothing could be judged"), "look at --check, --exclude-check and --compliance")
	}
	return left, nil
}

// names reports whether id is that of a check, or the beginning of it up to a
// hyphen.
func names(id, check string) bool {
	id = strings.ToUpper(id)
	return id != "" && (id == check || strings.HasPrefix(check, strings.TrimSuffix(id, "-")+"-"))
}

// activeChecks returns the checks to ask AWS for. A collection without events leaves out
// those that need them.
func (f *auditFlags) activeChecks() ([]*audit.Check, error) {
	if len(f.inventory) > 0 {
		return nil, nil // it says itself what it holds
	}
	checks, err := f.checks.asking()
	if err == nil {
		checks, err = f.ofSecret(checks)
	}
	if err != nil || f.collect.eventDays > 0 {
		return checks, err
	}
	checks = slices.DeleteFunc(checks, func(c *audit.Check) bool { return c.Events })
	if len(checks) == 0 {
		return nil, withHint(errors.New("no check is left, so nothing could be judged"), "those that were chosen need --event-days")
	}
	return checks, nil
}

// ofSecret leaves out the checks of configuration where one secret is to be judged: what
// other services hold is not searched for it. It is an error to want these alone.
func (f *auditFlags) ofSecret(checks []*audit.Check) ([]*audit.Check, error) {
	if f.collect.secret == "" {
		return checks, nil
	}
	left := slices.DeleteFunc(slices.Clone(checks), func(c *audit.Check) bool { return c.Configuration != nil })
	unmet := slices.ContainsFunc(f.checks.only, func(id string) bool {
		return !slices.ContainsFunc(left, func(c *audit.Check) bool { return names(id, c.ID) })
	})
	if len(left) == 0 || unmet && len(left) < len(checks) {
		return nil, withHint(errors.New("--secret judges one secret, and configuration of other services is of none"), "leave out --secret, or choose other checks with --scope and --check")
	}
	return left, nil
}

// offline checks that no flag of the command line wants to ask AWS where a saved
// inventory is judged. In the environment and the configuration they stand for
// other runs.
func (f *auditFlags) offline(fs *pflag.FlagSet) error {
	if len(f.inventory) == 0 {
		return nil
	}
	asking := pflag.NewFlagSet("", pflag.ContinueOnError)
	if !f.send.needsSession() {
		(&sessionFlags{}).register(asking)
	}
	(&memberFlags{}).register(asking)
	(&collectFlags{}).register(asking)
	var err error
	asking.VisitAll(func(flag *pflag.Flag) {
		judges := flag.Name == "secret" || flag.Name == "event-days" && f.trail.files != ""
		if !judges && fs.Changed(flag.Name) && err == nil {
			err = withHint(fmt.Errorf("--%s is for asking AWS, and --inventory judges a saved file", flag.Name), "leave one of them out")
		}
	})
	return cmp.Or(err, f.trail.offline())
}

// auditLimit is softLimit for an audit, whose buffers are many and short-lived:
// one of 17 regions with 1,000 secrets each filled 333 MB without it, 183 with.
const auditLimit = 200 << 20

// membersLimit is that for many accounts, with thousands of calls waiting for their
// turn: one of 20 accounts with 17 regions and 300 secrets in each holds 160 MB.
const membersLimit = 300 << 20

// audit runs the command.
func (a *app) audit(ctx context.Context, fs *pflag.FlagSet, f *auditFlags) error {
	if err := f.offline(fs); err != nil {
		return err
	}
	config, err := a.settleAudit(fs, &f.config)
	if err != nil {
		return err
	}
	if len(f.inventory) > 0 && (f.save != "" || f.resume) {
		return withHint(errors.New("--inventory judges a saved file, and there is nothing to save"), "leave out --save and --resume")
	}
	if err := cmp.Or(f.collect.valid(), f.dividable(), f.members.valid(f.session.profiles)); err != nil {
		return err
	}
	if f.collect.eventDays, err = f.trail.days(fs, f.collect.eventDays); err != nil {
		return err
	}
	sending, err := a.prepareSending(f)
	if err != nil {
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
	mutes, err := readMutelist(f.mutelist)
	if err != nil {
		return err
	}
	out, err := a.openOutput(&f.output, report.AtLeast, report.ConfidenceLow, &f.gate)
	if err != nil {
		return err
	}
	defer out.close()
	if limitMemory(auditLimit); f.members.roleName != "" {
		limitMemory(membersLimit)
	}
	o := f.collect.options(f.checks.operations(checks), mask, prose)
	o.TrailFiles, o.EventDataStore = f.trail.files, f.trail.store
	o.TagValues, o.Members = settings.TagKeys(), f.memberOptions()
	if o.Match, err = a.matcher(config); err != nil {
		return err
	}
	if err := a.openSending(ctx, f, sending); err != nil {
		return err
	}
	inv, err := a.inventory(ctx, f, o)
	if err != nil {
		return err
	}
	a.sayTrail(f, inv)
	a.collected = inv.Collected
	if len(f.inventory) > 0 {
		if checks, err = f.checks.judging(inv); err == nil {
			checks, err = f.ofSecret(checks)
		}
		if err != nil {
			return err
		}
	}
	judge := &audit.Judge{Checks: checks, Settings: settings, Salt: config.salt(a.getenv), Mask: mask}
	if err := a.attachSending(ctx, sending, judge, out); err != nil {
		return err
	}
	if err := a.pseudonymiseAudit(f, inv, config, out); err != nil {
		return err
	}
	reports, err := a.postured(f, inv, settings, mask, out)
	if err != nil {
		return err
	}
	frameworks, err := f.checks.frameworks()
	if err != nil {
		return err
	}
	if err := a.judge(judge, inv, config, a.muted(mutes, judge, inv, prose, report.Supporting(frameworks, reports))); err != nil {
		return withHint(fmt.Errorf("the report could not be written: %w", err), "what was found is not complete in any report")
	}
	a.exit = f.gate.exitCode(out.gate)
	return errors.Join(a.deliver(ctx, sending), reports.unrecorded)
}

// dividable refuses what makes nothing of one part of the regions.
func (f *auditFlags) dividable() error {
	if f.collect.shard == "" || len(f.inventory) > 0 {
		return nil
	}
	switch {
	case f.save == "":
		return withHint(errors.New("--shard without --save: the parts could not be judged together"), "--save FILE keeps this part for assay audit --inventory")
	case len(f.send.to)+len(f.send.alerts) > 0:
		return withHint(errors.New("--shard does not go with --send and --alert: a part cannot judge what needs other parts"), "give them to assay audit --inventory with all parts")
	case f.history != "":
		return withHint(errors.New("--shard and --history do not go together: runs of parts cannot be compared"), "give --history to assay audit --inventory with all parts")
	}
	return nil
}

// settleAudit gives every flag its value, as settle does for a scan.
func (a *app) settleAudit(fs *pflag.FlagSet, f *configFlags) (*config, error) {
	if err := a.fromEnvironment(fs); err != nil {
		return nil, err
	}
	c, trusted, err := f.configure(".", configName)
	if err != nil {
		return nil, err
	}
	if err := c.ownFiles(trusted); err != nil {
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

// matcher finds credentials in the configuration of the account by the rules that
// a scan uses, and gives them the fingerprints of a scan.
func (a *app) matcher(c *config) (audit.Matcher, error) {
	list, err := c.rules()
	if err != nil {
		return nil, err
	}
	set, err := rules.Compile(list.Rules, rules.WithAllow(list.Allow))
	if err != nil {
		return nil, err
	}
	salt := c.salt(a.getenv)
	if salt == nil {
		salt = []byte(scan.DefaultSalt)
	}
	return audit.NewMatcher(set, salt), nil
}

// judge writes the reports.
func (a *app) judge(j *audit.Judge, inv *audit.Inventory, config *config, out report.Handler) error {
	shard, err := report.ParseShard(inv.Shard)
	if err != nil {
		return err
	}
	err = out.Begin(report.Run{
		Tool: "assay", Version: version, Command: "audit", Target: j.Mask(inv.Target()), Config: j.Mask(config.name),
		Rules: audit.Descriptions(j.Checks), Coverage: inv.Coverage(), Shard: shard,
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
	if len(f.inventory) == 0 {
		return a.collect(ctx, f, o)
	}
	inv, err := readInventories(f.inventory)
	if err == nil && f.trail.files != "" {
		err = a.addTrail(ctx, f, inv, o)
	}
	if err != nil {
		return nil, err
	}
	if f.collect.secret != "" {
		err = inv.Only(f.collect.secret)
	}
	return inv, err
}

// readInventories reads files and puts them together.
func readInventories(names []string) (*audit.Inventory, error) {
	var list []*audit.Inventory
	for _, name := range names {
		inv, err := readInventory(name)
		if err != nil {
			return nil, err
		}
		list = append(list, inv)
	}
	inv, err := audit.Merge(list)
	if err != nil {
		return nil, withHint(fmt.Errorf("the inventories cannot be judged together: %w", err), "each of them has to be asked the same about other regions or accounts")
	}
	return inv, nil
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
	shard       string
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
	fs.StringVar(&f.shard, "shard", "", "ask one `part` of the regions of all accounts, 2/5 for the second of five; --inventory judges all parts together")
	fs.StringVar(&f.secret, "secret", "", "judge one secret, by its `name` or ARN, and end in a verdict on it; not with --scope config")
	fs.IntVar(&f.eventDays, "event-days", audit.MaxEventDays, "how many `days` of CloudTrail's event history to read; 0 leaves out the checks that need it")
	fs.IntVar(&f.maxEvents, "max-events", audit.DefaultMaxEvents, "how `many` events to read for each region, the newest first")
	fs.Float64Var(&f.rate, "rate", audit.DefaultRate, "requests a second as a `share` of AWS's quotas")
	fs.IntVar(&f.concurrency, "max-concurrency", audit.DefaultConcurrency, "`requests` in flight in each region")
	fs.DurationVar(&f.callTimeout, "call-timeout", audit.DefaultCallTimeout, "the longest `time` for one request; a call is at most five, of which two may time out")
	fs.DurationVar(&f.timeout, "timeout", 0, "the longest `time` for the whole collection, 0 for any; what is missing then is named")
}

// valid refuses numbers that mean nothing.
func (f *collectFlags) valid() error {
	if _, err := report.ParseShard(f.shard); err != nil {
		return fmt.Errorf("--shard: %w", err)
	}
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
