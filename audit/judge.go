package audit

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

// A Judge runs checks over an inventory and says what came of it.
type Judge struct {
	Checks   []*Check // sorted by id
	Settings Settings // complete, see Settings.Merge
	// Salt keys the fingerprints, nil for the public default.
	Salt []byte
	// Mask hides credentials in text that came from AWS; nil hides nothing.
	Mask func(string) string
}

// Run sends a finding for each resource that fails a check, a verdict for each
// other one, and notices for what could not be judged. The order is that of
// accounts, regions, and resources by ARN. The error is that of to, or of an
// inventory that cannot be read.
func (j *Judge) Run(inv *Inventory, to report.Sink) (report.Summary, error) {
	if err := inv.link(); err != nil {
		return report.Summary{}, err
	}
	run := &judging{Judge: j, inv: inv, to: to, counts: map[string]*report.CheckCount{}}
	run.mac = hmac.New(sha256.New, j.Salt)
	run.summary.RulesActive = len(j.Checks)
	run.summary.Resources = map[string]int{}
	run.summary.Interrupted = inv.Interrupted
	for _, c := range j.Checks {
		run.counts[c.ID] = &report.CheckCount{ID: c.ID}
	}
	for _, at := range inv.sorted() {
		if err := run.region(at); err != nil {
			return run.end(), err
		}
	}
	if keys := unkept(j.Settings.TagKeys(), inv.TagValues); len(keys) > 0 {
		run.notice("inventory", fmt.Errorf("the values of the tags %s were not kept, by which the configuration tells secrets apart", listed(keys)))
	}
	if len(inv.Missing) > 0 {
		run.notice("inventory", fmt.Errorf("the shards %s are missing", listed(inv.Missing)))
	}
	if !inv.examinedAny() && inv.Shard == "" {
		run.notice("inventory", errors.New("no region was examined: none that was asked is enabled in the account"))
	}
	if inv.Shard != "" {
		run.part()
	}
	if inv.Broken {
		run.notice("inventory", errors.New("it is not whole: the collection was broken off, or the file was cut or changed"))
	}
	return run.end(), run.err
}

// unkept returns the keys that are not among those whose values are kept, in any case.
func unkept(keys, kept []string) []string {
	if len(kept) == 0 {
		return nil // all are
	}
	return slices.DeleteFunc(keys, func(key string) bool {
		return slices.ContainsFunc(kept, func(k string) bool { return strings.EqualFold(k, key) })
	})
}

// A judging is one run of a Judge.
type judging struct {
	*Judge
	inv     *Inventory
	to      report.Sink
	mac     hash.Hash
	counts  map[string]*report.CheckCount
	summary report.Summary
	err     error // the first of to
	missing missing
}

// part says that the inventory is one of several parts.
func (j *judging) part() {
	j.summary.Accepted++
	if j.err == nil {
		j.err = j.to.Notice(partNotice(j.inv.Shard))
	}
}

func (j *judging) end() report.Summary {
	for _, c := range j.Checks {
		j.summary.Checks = append(j.summary.Checks, *j.counts[c.ID])
	}
	return j.summary
}

// region judges one region: itself, its keys, its secrets.
func (j *judging) region(at cell) error {
	r := j.inv.region(at, j.Settings)
	j.missing = newMissing(r)
	if r.Status == RegionDisabled {
		return j.err
	}
	for _, g := range r.Gaps {
		j.missing.gap(g, "")
	}
	if at.isGlobal() {
		return j.global(r)
	}
	if at.region == everyRegion { // an account that could not be asked
		j.notices()
		return j.err
	}
	j.tell(j.judgeRegion(r))
	for _, k := range r.Keys {
		j.tell(j.judgeKey(k, r))
	}
	for told, err := range inOrder(j.inv.secrets(at), func(s *Secret) judgement { return j.judgeSecret(s, r) }) {
		if err != nil {
			return err
		}
		if j.tell(told); j.err != nil {
			return j.err
		}
	}
	for _, c := range r.Configurations {
		j.tell(j.judgeConfiguration(c, r))
	}
	j.summary.Resources["function"] += len(r.functions)
	j.summary.Resources["trail"] += len(r.Trails)
	if r.Events != nil {
		j.summary.Resources["event"] += r.Events.Events
	}
	j.notices()
	return j.err
}

// notices says what of the region could not be judged.
func (j *judging) notices() {
	for _, n := range j.missing.notices() {
		j.notice(n.Subject, n.Err)
	}
}

// A judgement is what all checks say of one resource.
type judgement struct {
	kind     string          // "secret", "key", ...
	resource report.Resource // masked
	arn      string          // not masked
	gaps     []Gap           // of the resource itself
	results  []checkResult
}

type checkResult struct {
	*Check
	Result
	gap *Gap // for want of which nothing can be said
}

func (j *Judge) judgeRegion(r *Region) judgement {
	all := j.begin("region", report.Resource{
		ARN:  "arn:" + cmp.Or(r.Partition, "aws") + ":cloudtrail:" + r.Region + ":" + r.Account + ":trail",
		Name: r.Region, Type: "AWS::Account::Region", Account: r.Account, Region: r.Region,
	})
	for _, c := range j.Checks {
		if c.Region != nil {
			all.ask(c, nil, r, func() Result { return c.Region(r) })
		}
		if gap := blocking(c, nil, r); c.Configuration != nil && gap != nil {
			all.ask(c, nil, r, func() Result { return Result{} }) // resources may be missing, which nobody would see
		}
	}
	return all
}

func (j *Judge) judgeKey(k *Key, r *Region) judgement {
	all := j.begin("key", report.Resource{ARN: k.ARN, Name: keyName(k), Type: "AWS::KMS::Key", Account: r.Account, Region: r.Region})
	all.gaps = k.Gaps
	for _, c := range j.Checks {
		if c.Key != nil {
			all.ask(c, k.Gaps, r, func() Result { return c.Key(k, r) })
		}
	}
	return all
}

// judgeConfiguration judges a resource of another service. What was found in it
// counts, whatever else of it or of its like could not be had.
func (j *Judge) judgeConfiguration(c *Configuration, r *Region) judgement {
	all := j.begin("configuration", report.Resource{ARN: c.ARN, Name: c.Name, Type: c.Kind, Account: r.Account, Region: r.Region})
	all.gaps = c.Gaps
	for _, check := range j.Checks {
		if check.Configuration == nil {
			continue
		}
		result := recovered(func() Result { return check.Configuration(c, r) })
		if result.verdict == fail {
			all.results = append(all.results, checkResult{Check: check, Result: result})
			continue
		}
		all.ask(check, c.Gaps, &Region{RegionRecord: r.RegionRecord}, func() Result { return result })
	}
	return all
}

func (j *Judge) judgeSecret(s *Secret, r *Region) judgement {
	all := j.begin("secret", report.Resource{ARN: s.ARN, Name: s.Name, Type: "AWS::SecretsManager::Secret", Account: r.Account, Region: r.Region})
	all.gaps = s.Gaps
	if slices.ContainsFunc(j.Checks, (*Check).AboutReaders) {
		s.Access = r.Access(s)
	}
	gaps := slices.Clip(s.Gaps)
	if k := r.Key(s.KMSKeyID); k != nil {
		gaps = append(gaps, k.Gaps...)
	}
	if f := r.Function(s.RotationLambdaARN); f != nil {
		gaps = append(gaps, f.Gaps...)
	}
	for _, c := range j.Checks {
		if c.Secret != nil {
			all.ask(c, gaps, r, func() Result {
				if s.Vanished {
					return NotEvaluated("nothing is known of it but that it was there")
				}
				return c.Secret(s, r)
			})
		}
	}
	return all
}

func (j *Judge) begin(kind string, r report.Resource) judgement {
	arn := r.ARN
	r.Name, r.ARN = j.mask(r.Name), j.mask(r.ARN)
	return judgement{kind: kind, resource: r, arn: arn}
}

// ask adds what a check says, unless the check is not about the resource. What
// the check lacks counts for more than what it says.
func (all *judgement) ask(c *Check, gaps []Gap, r *Region, ask func() Result) {
	result := recovered(ask)
	if result.verdict == notApplicable {
		return
	}
	gap := blocking(c, gaps, r)
	switch {
	case gap != nil:
		result = NotEvaluated("%s %s", gap.Operation, gap.phrase())
	case result.verdict == silent:
		result = NotEvaluated("the check said nothing, which is a defect of it")
	}
	all.results = append(all.results, checkResult{c, result, gap})
}

// A witness is a sink that wants to know which resources there are, also those
// of which no check has anything to say.
type witness interface{ witness(report.Resource) }

// tell hands on what is said of a resource, and counts it.
func (j *judging) tell(all judgement) {
	j.summary.Resources[all.kind]++
	for _, g := range all.gaps {
		j.missing.gap(g, all.arn)
	}
	if w, ok := j.to.(witness); ok {
		w.witness(all.resource)
	}
	for _, one := range all.results {
		count := j.counts[one.ID]
		verdict := report.Verdict{RuleID: one.ID, Resource: all.resource, Reason: j.mask(one.Result.Text)}
		switch one.verdict {
		case fail:
			count.Failed++
			j.keep(j.to.Finding(j.finding(all, one)))
			continue
		case pass:
			count.Passed++
			verdict.Outcome = report.OutcomePass
		default:
			count.NotEvaluated++
			j.missing.unjudged(one.ID, one.gap, one.Result.Text)
		}
		j.keep(j.to.Verdict(verdict))
	}
}

// recovered turns a check's panic into a result, so that one odd resource costs
// itself only. What the panic says may hold text of the input and is left out.
func recovered(ask func() Result) (r Result) {
	defer func() {
		if recover() != nil {
			r = NotEvaluated("the check broke on it, which is a defect of the check")
		}
	}()
	return ask()
}

// blocking returns the gap that leaves a check without what it needs: one of the
// resource, one of its region, or an operation that was never asked there.
func blocking(c *Check, gaps []Gap, r *Region) *Gap {
	for _, op := range c.Needs {
		of := r.holding(op)
		for _, list := range [][]Gap{gaps, of.Gaps} {
			for i := range list {
				if list[i].Operation == op {
					return &list[i]
				}
			}
		}
		if !of.asked(op) {
			return &Gap{Account: r.Account, Region: r.Region, Operation: op, Reason: NotAsked}
		}
	}
	return nil
}

// asked reports whether the collection called op in the region at all.
func (r *Region) asked(op Operation) bool {
	return slices.ContainsFunc(r.Calls, func(c CallCount) bool { return c.Operation == op })
}

// phrase says what became of a call: "was denied: AccessDeniedException".
func (g *Gap) phrase() string {
	text := reasonPhrases[g.Reason]
	if text == "" {
		text = "gave no answer (" + string(g.Reason) + ")"
	}
	if g.Detail != "" {
		text += ": " + g.Detail
	}
	return text
}

var reasonPhrases = map[Reason]string{
	Denied: "was denied", Throttled: "was throttled to the end", Expired: "came after the credentials had expired",
	TimedOut: "gave no answer in time", Invalid: "gave an answer that makes no sense", Unsupported: "is not supported",
	Vanished: "found it gone", Failed: "failed", Stopped: "was not reached before the run ended", NotAsked: "was not asked",
}

func (j *judging) finding(all judgement, one checkResult) report.Finding {
	severity := one.Check.Severity
	if one.Raised {
		severity = one.Result.Severity
	}
	j.mac.Reset()
	fmt.Fprintf(j.mac, "%s\x00%s", one.ID, all.arn)
	return report.Finding{
		RuleID: one.ID, Message: one.Title + ": " + j.mask(one.Result.Text), Severity: severity, Confidence: one.Confidence,
		Occurrences: []report.Location{{Path: place(all.resource), Resource: &all.resource}},
		Fingerprint: "assay/v1:" + hex.EncodeToString(j.mac.Sum(nil)),
	}
}

// place is a path for formats that want one: it names the resource and no file.
func place(r report.Resource) string {
	service := strings.ToLower(strings.Split(r.Type, "::")[1])
	return "aws/" + r.Account + "/" + r.Region + "/" + service + "/" + r.Name
}

func keyName(k *Key) string {
	if _, id, ok := strings.Cut(k.ARN, ":key/"); ok {
		return id
	}
	return k.ARN
}

func (j *Judge) mask(text string) string {
	if j.Mask == nil {
		return text
	}
	return j.Mask(text)
}

func (j *judging) notice(subject string, err error) {
	j.summary.NotExamined++
	j.keep(j.to.Notice(report.Notice{Subject: j.mask(subject), Err: errors.New(j.mask(err.Error()))}))
}

func (j *judging) keep(err error) {
	if j.err == nil {
		j.err = err
	}
}
