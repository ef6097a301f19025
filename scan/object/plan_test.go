package object

import (
	"slices"
	"testing"
)

// TestPlanFollowsWalk walks with a plan that nothing misleads: it must name
// each entry before it is visited, or all look-ups would be made one by one.
func TestPlanFollowsWalk(t *testing.T) {
	packed := newRepo(t)
	packed.fill(60)
	packed.repack()
	for name, r := range map[string]repo{"packed": packed, "cut": cutFamily(t)} {
		s := r.open(Options{})
		rd := s.NewReader()
		told := 0
		for _, u := range s.Units() {
			var ahead []int32
			for _, err := range rd.Objects(u, anyType) {
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if len(ahead) > 0 && ahead[0] != rd.current {
					t.Fatalf("%s: entry %d was visited, %d was planned", name, rd.current, ahead[0])
				}
				told += min(1, len(ahead))
				ahead = slices.Clone(rd.plan.entries[rd.plan.at:rd.plan.n])
			}
			if len(ahead) > 0 {
				t.Fatalf("%s: planned but not visited: %d", name, ahead)
			}
		}
		if told == 0 {
			t.Fatalf("%s: nothing was planned", name)
		}
	}
}

// TestPlanIsAGuess stops walks early and leaves a plan of another pack's
// entries behind: ids belong to their content all the same.
func TestPlanIsAGuess(t *testing.T) {
	s := pickRepos(t)["mixed"].open(Options{})
	rd := s.NewReader()
	units := s.Units()
	for stop := range 40 {
		for _, u := range units {
			if len(u.starts) > 0 {
				rd.plan.entries[0], rd.plan.n, rd.plan.at = u.starts[0], 1, 0
				rd.plan.lines[0].id = Hash(Blob, []byte("of another pack"))
			}
			n := 0
			for o, err := range rd.Objects(u, func(typ Type) bool { return typ != Tree || stop%2 == 0 }) {
				if err != nil || s.Hash(o.Type, o.Data) != o.ID {
					t.Fatalf("stop %d: %v: %v", stop, o.ID, err)
				}
				if n++; n > stop {
					break
				}
			}
		}
	}
}
