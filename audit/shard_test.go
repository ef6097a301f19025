package audit

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/report"
)

// Every region belongs to one shard, and the shards together are the inventory of a
// run in one go, byte for byte, with an account that refuses and with copies of secrets
// in regions of other shards.
func TestShardsAreTheWhole(t *testing.T) {
	cloud := newCloud()
	demo := fakeaws.Demo(cloud)
	management := cloud.Account(fakeaws.DemoSecurity)
	cloud.Account(fakeaws.DemoStaging).AddRole(fakeaws.DemoRole, fakeaws.Role{Trusted: []string{"999999999999"}})
	cfg := configOf(t, cloud, management.ID)
	o := searching(t)
	o.Members = &Members{RoleName: fakeaws.DemoRole, ExternalID: fakeaws.DemoExternalID}
	_, whole := gather(t, cfg, o)
	for _, n := range []int{1, 3, 7, 100} {
		var list []*Inventory
		calls := 0
		for i := range n {
			o.Shard = report.Shard{Index: i + 1, Of: n}
			inv, err := Collect(t.Context(), o, cfg)
			if err != nil {
				t.Fatal(err)
			}
			for at := range inv.cells {
				if calls++; !inShard(o.Shard, at) {
					t.Errorf("%v holds %v", o.Shard, at)
				}
			}
			read, err := ReadInventory(strings.NewReader(strings.Join(linesOf(t, inv), "\n") + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, read)
		}
		if n > 1 {
			list[0], list[n-1] = list[n-1], list[0]
		}
		all, err := Merge(list)
		if err != nil || len(all.Missing) > 0 {
			t.Fatalf("%d shards: %v, missing %q", n, err, all.Missing)
		}
		all.Shard = ""
		if diff := cmp.Diff(whole, linesOf(t, all)); diff != "" {
			t.Fatalf("%d shards of %s differ (-whole +merged):\n%s", n, demo.ID, diff)
		}
	}
}

func TestMergeOfWhatDoesNotBelongTogether(t *testing.T) {
	shard := func(text, region string) *Inventory {
		inv := newInventory(Header{Shard: text, Collected: collected})
		inv.at(cell{testAccount, region})
		return inv
	}
	for _, test := range []struct {
		list []*Inventory
		want string
	}{
		{[]*Inventory{shard("1/2", "a"), shard("2/2", "a")}, "the region a"},
		{[]*Inventory{shard("1/2", "a"), shard("2/3", "b")}, "different divisions"},
		{[]*Inventory{shard("1/2", "a"), shard("1/2", "b")}, "shard 1/2 is there twice"},
		{[]*Inventory{shard("1/2", "a"), shard("", "b")}, "shards"},
		{[]*Inventory{shard("x", "a"), shard("y", "b")}, "no shard"},
	} {
		if _, err := Merge(test.list); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("want %q: %v", test.want, err)
		}
	}
	all, err := Merge([]*Inventory{shard("4/4", "a"), shard("1/4", "b")})
	if err != nil || !cmp.Equal(all.Missing, []string{"2/4", "3/4"}) {
		t.Fatalf("missing %q, %v", all.Missing, err)
	}
	var said notices
	if _, err := (&Judge{Settings: DefaultSettings()}).Run(all, &said); err != nil || !strings.Contains(said[len(said)-1].Err.Error(), "2/4, 3/4 are missing") {
		t.Errorf("the notices are %v, %v", said, err)
	}
}
