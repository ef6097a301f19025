package audit

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
)

// A trail in S3, under the folder of an organization and in a region that is not
// the caller's, says what the same trail in a folder says.
func TestCollectFromABucket(t *testing.T) {
	story := fakeaws.TrailYear{Account: testAccount, Region: "eu-west-1", From: collected.AddDate(0, 0, -30).Truncate(24 * time.Hour), Days: 29, Services: 4, Seed: 5}
	dir := t.TempDir()
	if err := story.Tell().Write(dir); err != nil {
		t.Fatal(err)
	}
	collect := func(files string) *cellData {
		o := quick()
		o.TrailFiles, o.Since = files, 20*24*time.Hour
		_, d := one(t, o, func(cloud *fakeaws.Cloud, _ *fakeaws.Region) {
			other := cloud.Account("999900001111").Region("us-east-2")
			other.Buckets = []*fakeaws.Bucket{{Name: "trails", Dir: dir}}
		})
		return d
	}
	folder := collect(dir)
	if folder.record.Events == nil || len(folder.activities) < 20 || len(folder.gaps) > 0 {
		t.Fatalf("the folder gives %+v, %d activities, gaps %+v", folder.record.Events, len(folder.activities), folder.gaps)
	}
	bucket := collect("s3://trails")
	if len(bucket.gaps) > 0 {
		t.Fatalf("gaps: %+v", bucket.gaps)
	}
	if diff := cmp.Diff(folder.record.Events, bucket.record.Events); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(sortActivity(folder.activities), sortActivity(bucket.activities)); diff != "" {
		t.Error(diff)
	}
}

// What a bucket refuses is a gap, and no event is known.
func TestCollectFromABucketThatIsNotThere(t *testing.T) {
	o := quick()
	o.TrailFiles = "s3://nobodys"
	_, d := one(t, o, func(*fakeaws.Cloud, *fakeaws.Region) {})
	if d.record.Events != nil || len(d.gaps) != 1 || d.gaps[0].Operation != ListObjects {
		t.Errorf("%+v, gaps %+v", d.record.Events, d.gaps)
	}
}

// An event data store says what the event history says.
func TestCollectFromAnEventDataStore(t *testing.T) {
	store := &fakeaws.EventStore{ID: "0a1b2c3d-0000-4000-8000-000000000001", Waits: 2}
	o := quick()
	lay := func(_ *fakeaws.Cloud, g *fakeaws.Region) {
		minuteByMinute(g, 2500)
		for _, e := range g.Events {
			e.Record = strings.Replace(e.Record, `"eventVersion"`, `"recipientAccountId":"`+testAccount+`","eventVersion"`, 1)
		}
		g.Stores = []*fakeaws.EventStore{store}
	}
	_, history := one(t, o, lay)
	o.EventDataStore = "arn:aws:cloudtrail:eu-west-1:" + testAccount + ":eventdatastore/" + store.ID
	_, d := one(t, o, lay)
	if len(d.gaps) > 0 || d.record.Events == nil || d.record.Events.Source != FromDataStore || d.record.Events.Events != 2500 {
		t.Fatalf("%+v, gaps %+v", d.record.Events, d.gaps)
	}
	if diff := cmp.Diff(sortActivity(history.activities), sortActivity(d.activities)); diff != "" {
		t.Error(diff)
	}
}

// A store of writes alone knows nothing of reads, and a row that is no event is told of.
func TestCollectFromAnEventDataStoreOfWrites(t *testing.T) {
	store := &fakeaws.EventStore{ID: "0a1b2c3d-0000-4000-8000-000000000001"}
	o := quick()
	o.EventDataStore = "arn:aws:cloudtrail:eu-west-1:" + testAccount + ":eventdatastore/" + store.ID
	for _, tt := range []struct {
		more   string // a record
		writes bool
		gaps   int
	}{{"", true, 1}, {"no event", true, 1}, {`{"eventName":"GetSecretValue"}`, true, 1}, {"read", false, 0}} {
		_, d := one(t, o, func(_ *fakeaws.Cloud, g *fakeaws.Region) {
			g.Stores = []*fakeaws.EventStore{store}
			written := eventAt("w", 10, map[string]any{"recipientAccountId": testAccount, "readOnly": false, "eventName": "PutSecretValue"})
			more := eventAt("r", 5, map[string]any{"recipientAccountId": testAccount, "readOnly": true})
			if tt.more != "read" {
				more.Record = tt.more
			}
			g.Events = []*fakeaws.Event{written, more}
		})
		if d.record.Events == nil || d.record.Events.WritesOnly != tt.writes || len(d.gaps) != tt.gaps {
			t.Errorf("%q: %+v, gaps %+v", tt.more, d.record.Events, d.gaps)
		}
	}
}

// What leaves reads out is named as what it is.
func TestQuietReadsOfWritesAlone(t *testing.T) {
	for source, want := range map[EventSource]string{
		FromTrailFiles: "but the files hold no event that reads: the trail leaves them out",
		FromDataStore:  "but the event data store holds no event that reads: it leaves them out",
	} {
		r := &Region{RegionRecord: RegionRecord{Events: &EventWindow{Source: source, WritesOnly: true}}}
		if got := r.QuietReads("reads", Thresholds{}); !strings.HasSuffix(got.Text, want) {
			t.Errorf("%q, without %q", got.Text, want)
		}
	}
}

// Neither the order nor the names of files, nor a copy of one, nor how many
// processors read them, changes what they say.
func TestAnyOrderOfFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads three months in every order")
	}
	story := fakeaws.TrailYear{Account: home.account, Region: home.region, From: collected.AddDate(0, 0, -90).Truncate(24 * time.Hour), Days: 89, Services: 4, Seed: 6}
	dir := t.TempDir()
	if err := story.Tell().Write(dir); err != nil {
		t.Fatal(err)
	}
	want := storyOf(t, dir, 1)
	var names []string
	for f, err := range filesIn(dir) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, f.name)
	}
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	flat := t.TempDir()
	for i, name := range names {
		text, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, copied := range []string{"a", "b"}[:1+i%2] {
			if err := os.WriteFile(filepath.Join(flat, fmt.Sprintf("%s-%x.json.gz", copied, random.Uint64())), text, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(want, storyOf(t, flat, 3)); diff != "" {
		t.Errorf("shuffled:\n%s", diff)
	}
}

// storyOf writes what an inventory holds after it has read a folder, but for the
// counts of files and the days that their names tell.
func storyOf(t *testing.T, dir string, workers int) []string {
	t.Helper()
	inv := small(t, "a")
	counts, err := inv.ReadTrail(t.Context(), TrailFolder{Dir: dir, Workers: workers})
	if err != nil || counts.Damaged > 0 {
		t.Fatal(counts, err)
	}
	var text strings.Builder
	inv.TrailFiles = nil
	inv.cells[home].record.Events.To = collected // a name may tell a later time than what is in the file
	if err := inv.Write(&text); err != nil {
		t.Fatal(err)
	}
	return strings.Split(text.String(), "\n")
}

// What does not fit into memory goes through a file, and comes back in order.
func TestSightingsSpill(t *testing.T) {
	var s sightings
	defer s.close()
	for i := range 30_000 {
		e := event{id: fmt.Sprint(i), time: collected.Add(-time.Duration(i*7919%30_000) * time.Second), secrets: []string{"a"}, about: Activity{Event: "GetSecretValue", Principal: fmt.Sprint("p", i)}}
		if err := s.addAll([]entry{(&sighting{home, e}).entry()}); err != nil {
			t.Fatal(err)
		}
		if i%10_000 == 9_999 {
			if err := s.runs.seal(); err != nil {
				t.Fatal(err)
			}
			if err := s.spill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	n, last := 0, time.Time{}
	for e, err := range s.all() {
		if err != nil {
			t.Fatal(err)
		}
		one, err := e.unpack()
		if err != nil || one.time.Before(last) || one.cell != home || one.about.Event != "GetSecretValue" || len(one.secrets) != 1 {
			t.Fatalf("%+v, %v", one, err)
		}
		n, last = n+1, one.time
	}
	if n != 30_000 || len(s.out) < 3 {
		t.Errorf("%d events from %d runs", n, len(s.out))
	}
}

// A file that by its name is a trail's and is none, or belongs to another region by
// what is in it, is a fault of the region that its name says.
func TestTrailFilesOfARegion(t *testing.T) {
	const path, base = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/20/", "111122223333_CloudTrail_eu-west-1_20261120T1005Z_"
	elsewhere := `{"Records":[{"eventSource":"sts.amazonaws.com","awsRegion":"us-east-1","recipientAccountId":"111122223333","eventTime":"2026-11-20T10:00:00Z"}`
	for name, text := range map[string]string{"nothing": "", "text": "hello", "cut": elsewhere} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path, base+"a.json.gz"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		inv := small(t, "a")
		counts, err := inv.ReadTrail(t.Context(), TrailFolder{Dir: dir})
		d := inv.cells[cell{"111122223333", "eu-west-1"}]
		if err != nil || counts.Damaged != 1 || counts.Foreign != 0 || len(d.gaps) != 1 || d.gaps[0].Operation != readTrailFiles {
			t.Errorf("%s: %+v, %v, gaps %+v", name, counts, err, d.gaps)
		}
	}
}

// A folder is read through a link to it. A link in it is not followed, and said.
func TestTrailFilesBehindLinks(t *testing.T) {
	const base = "111122223333_CloudTrail_eu-west-1_20261120T1005Z_a.json"
	at := t.TempDir()
	dir, link := filepath.Join(at, "dir"), filepath.Join(at, "link")
	if err := errors.Join(os.Mkdir(dir, 0o777), os.WriteFile(filepath.Join(dir, base), []byte(`{"Records":[]}`), 0o666)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(dir, link), os.Symlink(base, filepath.Join(dir, "b"+base)), os.Symlink(at, filepath.Join(dir, "up"))); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{dir, link} {
		counts, err := small(t, "a").ReadTrail(t.Context(), TrailFolder{Dir: name})
		if err != nil || counts.Files != 1 || counts.Damaged != 1 {
			t.Errorf("%s: %+v, %v", name, counts, err)
		}
	}
}
