package audit

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
)

// Whatever waits comes out as it was put, each once, whether or not it was
// compressed meanwhile.
func TestBacklog(t *testing.T) {
	b := newBacklog(&packer{})
	want := map[string]listedSecret{}
	for page := range 40 {
		var secrets []listedSecret
		for i := range secretsPerPage {
			one := listedSecret{ID: fmt.Sprintf("arn:%d/%d", page, i), Wrong: "w", Secret: &Secret{
				ARN: "a", Name: "n\u2028<>", Created: new(daysAgo(i)), RotationEnabled: new(i%2 == 0), Tags: map[string]string{"k": "v"},
				RotationRules: &RotationRules{AutomaticallyAfterDays: new(int64(i))}, Stages: map[string][]string{"v": {"AWSCURRENT"}},
				Replicas: []Replica{{Region: "r"}},
			}}
			want[one.ID] = one
			secrets = append(secrets, one)
		}
		b.put(secrets)
	}
	b.put(nil)
	if len(b.packed) == 0 {
		t.Error("nothing was compressed")
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	got := map[string]listedSecret{}
	for range 4 {
		all.Go(func() {
			for one, ok := b.take(); ok; one, ok = b.take() {
				mu.Lock()
				if _, twice := got[one.ID]; twice {
					t.Errorf("%s came twice", one.ID)
				}
				got[one.ID] = one
				mu.Unlock()
			}
		})
	}
	b.close()
	all.Wait()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-put +taken:\n%s", diff)
	}
}

// Many secrets are collected in little memory, and all of them.
func TestCollectMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("6,000 secrets take some seconds")
	}
	const secrets = 6_000
	cloud := fakeaws.New(fakeaws.Options{Now: collected, TrustSignatures: true, CountOnly: true})
	fakeaws.Load(cloud, secrets)
	o := quick()
	o.Regions = []string{fakeaws.LoadRegion}
	o.Progress = &Progress{}
	cfg := configOf(t, cloud, fakeaws.LoadAccount)
	before := heapInUse()
	var samples []uint64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for next := secrets / 4; next < secrets; {
			if n := o.Progress.Count(); n.Secrets >= next {
				samples = append(samples, heapInUse())
				next += secrets / 4
			}
			time.Sleep(time.Millisecond)
		}
	}()
	inv, err := Collect(t.Context(), o, cfg)
	if err != nil {
		t.Fatal(err)
	}
	<-done
	most := max(slices.Max(samples), heapInUse())
	if got := inv.cells[cell{fakeaws.LoadAccount, fakeaws.LoadRegion}].seen; got != secrets {
		t.Errorf("%d secrets, want %d", got, secrets)
	}
	// The inventory's compressed records and the hashes of the ARNs grow with the
	// number of secrets, some 200 bytes for each; the rest does not.
	if grown := int64(most) - int64(before); grown > 12<<20 && !underRace {
		t.Errorf("%d secrets take %d MiB", secrets, grown>>20)
	} else {
		t.Logf("%d secrets take %d KiB", secrets, grown>>10)
	}
}

// heapInUse is what is reachable.
func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
