package audit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
)

const testAccount = "111122223333"

// newCloud returns a cloud without rate limits.
func newCloud() *fakeaws.Cloud { return fakeaws.New(fakeaws.Options{Now: collected, Seed: 1}) }

// configOf serves a cloud and returns what the SDK needs to reach it.
func configOf(t testing.TB, cloud *fakeaws.Cloud, account string) aws.Config {
	t.Helper()
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return staticConfig(server.URL, cloud.Account(account).User("auditor"))
}

// quick are options for tests, which do not wait for rate limits.
func quick() Options { return Options{Now: collected, Rate: 1000, Version: "test"} }

// gather collects and returns the inventory and the lines of its file.
func gather(t testing.TB, cfg aws.Config, o Options) (*Inventory, []string) {
	t.Helper()
	inv, err := Collect(context.Background(), o, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return inv, linesOf(t, inv)
}

func linesOf(t testing.TB, inv *Inventory) []string {
	t.Helper()
	var b bytes.Buffer
	if err := inv.Write(&b); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// count counts the lines that hold a text.
func count(lines []string, text string) int {
	n := 0
	for _, line := range lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// The same cloud gives the same bytes, however many ask at once and in whatever
// order it lists what it has.
func TestCollectionIsTheSameInAnyOrder(t *testing.T) {
	var first []string
	for round := range 3 {
		cloud := newCloud()
		a := fakeaws.Demo(cloud)
		o := searching(t)
		if round > 0 {
			o.Concurrency = 1
			for _, g := range a.Regions {
				slices.Reverse(g.Secrets)
				slices.Reverse(g.Events)
				slices.Reverse(g.Trails)
				for _, s := range g.Secrets {
					slices.Reverse(s.Versions)
					slices.Reverse(s.Tags)
				}
			}
		}
		_, lines := gather(t, configOf(t, cloud, a.ID), o)
		if round == 0 {
			first = lines
		}
		if diff := cmp.Diff(first, lines); diff != "" {
			t.Fatalf("round %d differs (-first +now):\n%s", round, diff)
		}
	}
}

// What comes from the demo is read back, judged without a panic, and asks for no
// value.
func TestCollectDemo(t *testing.T) {
	cloud := newCloud()
	a := fakeaws.Demo(cloud)
	inv, lines := gather(t, configOf(t, cloud, a.ID), searching(t))
	if n := count(lines, `"type":"gap"`); n != 0 {
		t.Errorf("%d gaps", n)
	}
	for _, name := range []string{"eu-west-1", "eu-central-1", "us-east-1"} {
		at := cell{a.ID, name}
		listed := len(a.Region(name).Secrets)
		if got := inv.cells[at].seen; got != listed {
			t.Errorf("%s: %d secrets, want %d", name, got, listed)
		}
		if r := inv.cells[at].record; r.Status != RegionExamined || r.Events == nil || r.Events.Cut {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if n := count(lines, `"status":"disabled"`); n != 17 {
		t.Errorf("%d regions are disabled, want the 17 that are to be opted in to", n)
	}
	read, err := ReadInventory(strings.NewReader(strings.Join(lines, "\n") + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines, linesOf(t, read)); diff != "" {
		t.Errorf("it is read back otherwise:\n%s", diff)
	}
	for call := range cloud.Counts() {
		if fakeaws.Forbidden(call) {
			t.Errorf("%s was asked", call)
		}
	}
	for _, text := range cloud.Sensitive() {
		if strings.Contains(strings.Join(lines, "\n"), string(text)) {
			t.Errorf("the inventory holds a text that must not be seen")
		}
	}
}

// Disabled regions leave one line and no gap, whether the account lists them or
// the first call there tells.
func TestCollectDisabledRegion(t *testing.T) {
	cloud := newCloud()
	fakeaws.Demo(cloud)
	o := quick()
	o.Regions = []string{"af-south-1"}
	_, lines := gather(t, configOf(t, cloud, fakeaws.DemoProduction), o)
	want := `{"type":"region","account":"444455556666","region":"af-south-1","partition":"aws","status":"disabled"}`
	if count(lines, `"region":"af-south-1"`) != 1 || lines[1] != want || count(lines, `"type":"gap"`) != 0 {
		t.Errorf("the inventory is\n%s", strings.Join(lines, "\n"))
	}
	if n := cloud.Counts()["cloudtrail:LookupEvents"]; n != 0 {
		t.Errorf("events were asked for %d times", n)
	}
}

func TestCollectRefusesToBegin(t *testing.T) {
	cloud := newCloud()
	cfg := configOf(t, cloud, testAccount)
	o := quick()
	o.Regions = []string{"us-east-1", "no/region"}
	if _, err := Collect(context.Background(), o, cfg); err == nil || !strings.Contains(err.Error(), `"no/region" is no region`) {
		t.Errorf("the error is %v", err)
	}
	if _, err := cloud.Inject("denied-json", fakeaws.Scope{Service: "sts"}); err != nil {
		t.Fatal(err)
	}
	if inv, err := Collect(context.Background(), quick(), cfg); err == nil {
		t.Errorf("it begins without an identity: %+v", inv.Header)
	}
}

// Only the operations of the chosen checks are asked.
func TestCollectAsksWhatIsChosen(t *testing.T) {
	cloud := newCloud()
	fakeaws.Demo(cloud)
	o := quick()
	o.Regions = []string{"eu-west-1"}
	o.Operations = map[Operation]bool{GetResourcePolicy: true}
	inv, _ := gather(t, configOf(t, cloud, fakeaws.DemoProduction), o)
	var asked []string
	for name := range cloud.Counts() {
		asked = append(asked, name)
	}
	slices.Sort(asked)
	if diff := cmp.Diff([]string{"secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets", "sts:GetCallerIdentity"}, asked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	r := inv.cells[cell{fakeaws.DemoProduction, "eu-west-1"}].record
	if len(r.Calls) != 3 || r.Events != nil { // GetCallerIdentity counts where the account is at home
		t.Errorf("the record is %+v", r)
	}
}

// A region without secrets and trails has asked everything all the same: there
// was nothing to ask about.
func TestCollectEmptyRegion(t *testing.T) {
	cloud := newCloud()
	o := searching(t)
	o.Regions = []string{"eu-west-1"}
	inv, lines := gather(t, configOf(t, cloud, testAccount), o)
	if n := count(lines, `"type":"gap"`); n != 0 {
		t.Fatalf("%d gaps:\n%s", n, strings.Join(lines, "\n"))
	}
	r := inv.region(cell{testAccount, "eu-west-1"}, Settings{})
	for _, op := range Operations() {
		if row := op.row(); row.perRegion() && row.named == "" && !r.asked(op) || row.global && !r.holding(op).asked(op) {
			t.Errorf("%s was not asked", op)
		}
	}
	if r.Covered() != maxSince {
		t.Errorf("the events cover %v", r.Covered())
	}
}

func TestCollectProgress(t *testing.T) {
	cloud := newCloud()
	fakeaws.Demo(cloud)
	o := quick()
	o.Progress = &Progress{}
	o.Regions = []string{"eu-west-1", "us-east-1"}
	inv, _ := gather(t, configOf(t, cloud, fakeaws.DemoProduction), o)
	calls, events, secrets := 0, 0, 0
	for _, n := range cloud.Counts() {
		calls += n
	}
	for _, d := range inv.cells {
		if d.record.Events != nil { // identities have none
			events, secrets = events+d.record.Events.Events, secrets+d.seen
		}
	}
	calls-- // who the caller is was asked before
	want := ProgressCount{Regions: 2, AllRegions: 2, Secrets: secrets, Events: events, Calls: calls}
	if got := o.Progress.Count(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// After the end of the run nothing more is asked, and everything that was not
// asked is a gap.
func TestCollectInterrupted(t *testing.T) {
	cloud := newCloud()
	fakeaws.Load(cloud, 2000)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o := quick()
	o.Regions = []string{fakeaws.LoadRegion}
	o.Progress = &Progress{}
	cfg := configOf(t, cloud, fakeaws.LoadAccount)
	cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		if o.Progress.Count().Secrets >= 100 {
			cancel()
		}
		return http.DefaultClient.Do(r)
	})
	inv, err := Collect(ctx, o, cfg)
	if err != nil {
		t.Fatal(err)
	}
	at := cell{fakeaws.LoadAccount, fakeaws.LoadRegion}
	if !inv.Interrupted || inv.cells[at].record == nil {
		t.Fatalf("interrupted: %v, record %+v", inv.Interrupted, inv.cells[at].record)
	}
	complete, stopped := 0, 0
	for s, err := range inv.secrets(at) {
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Gaps) == 0 {
			complete++
			continue
		}
		stopped++
		for _, g := range s.Gaps {
			if g.Reason != Stopped {
				t.Fatalf("%s: %+v", s.Name, g)
			}
		}
	}
	if complete < 100 || stopped == 0 {
		t.Errorf("%d secrets are complete, %d are not", complete, stopped)
	}
	if got := inv.cells[at].seen; got < 2000 && !hasGap(inv.cells[at].gaps, ListSecrets, Stopped) {
		t.Errorf("%d secrets and no gap of the listing", got)
	}
	for _, k := range inv.cells[at].keys {
		if !hasGap(k.Gaps, DescribeKey, Stopped) {
			t.Errorf("the key %s has no gap", k.ARN)
		}
	}
}

// doer is a client of HTTP.
type doer func(*http.Request) (*http.Response, error)

func (f doer) Do(r *http.Request) (*http.Response, error) { return f(r) }

func hasGap(gaps []Gap, op Operation, reason Reason) bool {
	return slices.ContainsFunc(gaps, func(g Gap) bool { return g.Operation == op && g.Reason == reason })
}

// A region that hangs delays only itself.
func TestCollectHangingRegion(t *testing.T) {
	cloud := newCloud()
	fakeaws.Demo(cloud)
	hang, err := cloud.Inject("hang-answer", fakeaws.Scope{Region: "eu-west-1", Service: "secretsmanager"})
	if err != nil {
		t.Fatal(err)
	}
	defer hang.Close()
	ctx, cancel := context.WithCancel(context.Background())
	o := quick()
	o.Regions = []string{"eu-west-1", "us-east-1"}
	o.Progress = &Progress{}
	go func() {
		for o.Progress.Count().Regions == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	inv, err := Collect(ctx, o, configOf(t, cloud, fakeaws.DemoProduction))
	if err != nil {
		t.Fatal(err)
	}
	hung := inv.cells[cell{fakeaws.DemoProduction, "eu-west-1"}]
	if !inv.Interrupted || hung.record.Status != RegionNotExamined || !hasGap(hung.gaps, ListSecrets, Stopped) || !hasGap(hung.gaps, LookupEvents, Stopped) {
		t.Errorf("the region that hangs: %+v, %+v", hung.record, hung.gaps)
	}
	if other := inv.cells[cell{fakeaws.DemoProduction, "us-east-1"}]; other.record.Status != RegionExamined || len(other.gaps) > 0 || other.seen == 0 {
		t.Errorf("the other region: %+v, %+v", other.record, other.gaps)
	}
}

func TestCollectOutOfTime(t *testing.T) {
	cloud := newCloud()
	fakeaws.Demo(cloud)
	hang, err := cloud.Inject("hang-answer", fakeaws.Scope{Service: "secretsmanager"})
	if err != nil {
		t.Fatal(err)
	}
	defer hang.Close()
	o := quick()
	o.Regions = []string{"eu-west-1"}
	o.RunTimeout = 200 * time.Millisecond
	inv, lines := gather(t, configOf(t, cloud, fakeaws.DemoProduction), o)
	if !inv.Unfinished || inv.Interrupted || count(lines, "the time of the run was up") == 0 || count(lines, `"status":"not-examined"`) != 1 {
		t.Errorf("the inventory is\n%s", strings.Join(lines, "\n"))
	}
}

// A recorder that fails ends the run with its error.
func TestCollectCannotSave(t *testing.T) {
	cloud := newCloud()
	fakeaws.Load(cloud, 500)
	full := errors.New("the disk is full")
	written := 0
	j, err := NewJournal(writerFunc(func(p []byte) (int, error) {
		if written += len(p); written > 10_000 {
			return 0, full
		}
		return len(p), nil
	}), Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := quick()
	o.Regions, o.Journal = []string{fakeaws.LoadRegion}, j
	inv, err := Collect(context.Background(), o, configOf(t, cloud, fakeaws.LoadAccount))
	if !errors.Is(err, full) || !inv.Unfinished {
		t.Errorf("the error is %v, interrupted %v", err, inv.Interrupted)
	}
	if n := cloud.Counts()["secretsmanager:DescribeSecret"]; n > 200 {
		t.Errorf("%d secrets were asked about in vain", n)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A run goes on from the journal of one that was broken off: what is complete is
// not asked again, and the inventory is that of a run in one go.
func TestCollectResumes(t *testing.T) {
	cloud := newCloud()
	a := fakeaws.Load(cloud, 300)
	cfg := configOf(t, cloud, a.ID)
	o := quick()
	o.Regions = []string{fakeaws.LoadRegion}
	var file bytes.Buffer
	journal := func(old *Inventory) *Journal {
		j, err := NewJournal(&file, o, old)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	o.Journal = journal(nil)
	_, whole := gather(t, cfg, o)
	lines := slices.DeleteFunc(bytes.SplitAfter(file.Bytes(), []byte("\n")), func(l []byte) bool { return bytes.Contains(l, []byte(`"region":"global"`)) })
	kept := bytes.Join(lines[:101], nil) // the header and 100 secrets
	old, err := ReadInventory(bytes.NewReader(kept))
	if err != nil {
		t.Fatal(err)
	}
	cloud.ResetCalls()
	file.Reset()
	o.Journal = journal(old)
	_, resumed := gather(t, cfg, o)
	if n := cloud.Counts()["secretsmanager:DescribeSecret"]; n != 200 {
		t.Errorf("%d secrets were described, want the 200 that were missing", n)
	}
	drop := func(lines []string) []string { // the record of the region counts the calls
		return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.HasPrefix(l, `{"type":"region"`) })
	}
	if diff := cmp.Diff(drop(whole), drop(resumed)); diff != "" {
		t.Errorf("-whole +resumed:\n%s", diff)
	}
}

// AWS may tell no more of a secret that waits for its deletion than that, which is
// an answer.
func TestCollectSecretBeingDeleted(t *testing.T) {
	cloud := newCloud()
	fakeaws.Demo(cloud)
	cfg := configOf(t, cloud, fakeaws.DemoProduction)
	cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		target := r.Header.Get("X-Amz-Target")
		if target != "secretsmanager.GetResourcePolicy" && target != "secretsmanager.ListSecretVersionIds" {
			return http.DefaultClient.Do(r)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("prod/retired/ldap")) {
			return http.DefaultClient.Do(r)
		}
		refusal := `{"__type":"InvalidRequestException","Message":"You can't perform this operation on the secret because it was marked for deletion."}`
		return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"X-Amzn-Errortype": {"InvalidRequestException"}}, Body: io.NopCloser(strings.NewReader(refusal)), Request: r}, nil
	})
	o := quick()
	o.Regions = []string{"eu-west-1"}
	_, lines := gather(t, cfg, o)
	if n := count(lines, `"name":"prod/retired/ldap"`); n != 1 {
		t.Errorf("%d records of the secret", n)
	}
	if n := count(lines, `"type":"gap"`); n != 0 {
		t.Errorf("%d gaps:\n%s", n, strings.Join(slices.DeleteFunc(lines, func(l string) bool { return !strings.Contains(l, `"type":"gap"`) }), "\n"))
	}
}

// Several accounts make one inventory, each account once, and an interruption
// leaves none of them out.
func TestCollectSeveralAccounts(t *testing.T) {
	cloud := newCloud()
	fakeaws.Demo(cloud)
	one, two := configOf(t, cloud, fakeaws.DemoProduction), configOf(t, cloud, fakeaws.DemoStaging)
	o := quick()
	o.Regions = []string{"eu-west-1"}
	inv, err := Collect(t.Context(), o, one, two, one)
	if err != nil || len(inv.cells) != 4 || inv.Interrupted {
		t.Fatalf("%d regions, the global ones among them, %v", len(inv.cells), err)
	}
	if n := cloud.Counts()["secretsmanager:ListSecrets"]; n != 2 {
		t.Errorf("%d listings, want one of each account", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	one.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListSecrets") {
			cancel()
		}
		return http.DefaultClient.Do(r)
	})
	inv, err = Collect(ctx, o, one, two)
	if err != nil || !inv.Interrupted || !inv.Unfinished {
		t.Fatalf("interrupted: %+v, %v", inv, err)
	}
	if d := inv.cells[cell{fakeaws.DemoStaging, "eu-west-1"}]; d == nil || d.record == nil {
		t.Error("the second account is not spoken of")
	}
	if _, err := Collect(t.Context(), o, two, configOf(t, cloud, "")); err == nil {
		t.Error("a session that cannot be used does not end the run before it begins")
	}
}

// What was asked otherwise cannot be gone on with, and the regions of an account
// that is not asked any more stand there as not examined.
func TestJournalOfOtherQuestions(t *testing.T) {
	old := newInventory(Header{Secret: "a", Regions: []string{"eu-west-1"}, Operations: []Operation{ListSecrets}})
	same := Options{Secret: "a", Regions: []string{"eu-west-1"}, Operations: map[Operation]bool{}}
	same = same.orDefaults()
	old.Operations, old.TagValues = same.header().Operations, same.TagValues
	other := func(change func(*Options)) Options {
		o := same
		change(&o)
		return o
	}
	for want, o := range map[string]Options{
		"secret":  other(func(o *Options) { o.Secret = "" }),
		"regions": other(func(o *Options) { o.Regions = nil }),
		"checks":  other(func(o *Options) { o.Operations = nil }),
		"tags":    other(func(o *Options) { o.TagValues = []string{"x"} }),
	} {
		if _, err := NewJournal(io.Discard, o, old); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("other %s: %v", want, err)
		}
	}
	gone := cell{"999999999999", "eu-west-1"}
	if err := old.add(gone, &Secret{Account: gone.account, Region: gone.region, ARN: "arn:aws:secretsmanager:eu-west-1:999999999999:secret:a-AbCdEf", Name: "a"}); err != nil {
		t.Fatal(err)
	}
	j, err := NewJournal(io.Discard, same, old)
	if err != nil {
		t.Fatal(err)
	}
	inv := newInventory(Header{})
	j.into(inv)
	if inv.Complete() || inv.cells[gone] == nil {
		t.Error("a region that the earlier run began and this one does not ask is not missed")
	}
}
