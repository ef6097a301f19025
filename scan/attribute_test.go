package scan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

// told is what a report says of one occurrence, with commits by their names.
func told(l report.Location, names map[string]string) string {
	text := l.Path
	if text == "" {
		text = l.Type
	}
	if l.Introduced != nil {
		text += " from " + names[l.Introduced.ID]
	}
	if l.Removed != nil {
		text += " to " + names[l.Removed.ID]
	}
	if l.AtHead {
		text += " head"
	}
	if len(l.Refs) > 0 {
		text += " on " + strings.Join(l.Refs, ",")
	}
	if l.RefsMore > 0 {
		text += fmt.Sprintf(" and %d", l.RefsMore)
	}
	return strings.ReplaceAll(text, "refs/heads/", "")
}

// tellAll lists what a report says, sorted.
func tellAll(r *record, ids map[string]string) []string {
	names := map[string]string{}
	for name, id := range ids {
		names[id] = name
	}
	var all []string
	for _, f := range r.findings {
		for _, l := range f.Occurrences {
			all = append(all, told(l, names))
		}
	}
	slices.Sort(all)
	return all
}

func TestAttribution(t *testing.T) {
	k, k2 := token(t, 1)+"\n", token(t, 2)+"\n"
	type files = map[string]string
	clean := files{"z": "clean\n"}
	cases := []struct {
		name  string
		steps []step
		want  []string
	}{
		{"added", []step{
			{name: "1", parents: nil, files: clean}, {name: "2", parents: []string{"1"}, files: files{"a": k}}, {name: "main", parents: []string{"2"}, files: files{"a": k, "b": "b"}},
		}, []string{"a from 2 head on 2,main"}},
		{"removed", []step{
			{name: "1", parents: nil, files: files{"a": k}}, {name: "2", parents: []string{"1"}, files: clean}, {name: "main", parents: []string{"2"}, files: files{"b": "b"}},
		}, []string{"a from 1 to 2 on 1"}},
		{"brought back", []step{
			{name: "1", parents: nil, files: files{"a": k}}, {name: "2", parents: []string{"1"}, files: clean}, {name: "3", parents: []string{"2"}, files: files{"a": k}}, {name: "main", parents: []string{"3"}, files: files{"a": k, "b": "b"}},
		}, []string{"a from 1 head on 1,3,main"}},
		{"changed around it", []step{
			{name: "1", parents: nil, files: files{"a": k}}, {name: "2", parents: []string{"1"}, files: files{"a": "more\n" + k}}, {name: "main", parents: []string{"2"}, files: files{"a": "other\n"}},
		}, []string{"a from 1 to main on 1,2"}},
		{"renamed", []step{
			{name: "1", parents: nil, files: files{"a": k}}, {name: "main", parents: []string{"1"}, files: files{"dir/b": k}},
		}, []string{"a from 1 to main on 1", "dir/b from main head on main"}},
		{"file becomes folder", []step{
			{name: "1", parents: nil, files: files{"a": k}}, {name: "main", parents: []string{"1"}, files: files{"a/b": k}},
		}, []string{"a from 1 to main on 1", "a/b from main head on main"}},
		{"two paths", []step{
			{name: "main", parents: nil, files: files{"a": k, "b": k}},
		}, []string{"a from main head on main", "b from main head on main"}},
		{"two credentials, one goes", []step{
			{name: "1", parents: nil, files: files{"a": k + k2}}, {name: "main", parents: []string{"1"}, files: files{"a": k2}},
		}, []string{"a from 1 head on 1,main", "a from 1 to main on 1"}},
		{"merged", []step{
			{name: "1", parents: nil, files: clean}, {name: "2", parents: []string{"1"}, files: files{"z": "clean\n", "a": k}}, {name: "3", parents: []string{"1"}, files: files{"z": "other"}},
			{name: "main", parents: []string{"3", "2"}, files: files{"z": "other", "a": k}},
		}, []string{"a from 2 head on 2,main"}},
		{"born in a merge", []step{
			{name: "1", parents: nil, files: clean}, {name: "2", parents: []string{"1"}, files: files{"b": "b"}}, {name: "3", parents: []string{"1"}, files: files{"c": "c"}},
			{name: "main", parents: []string{"2", "3"}, files: files{"a": k}},
		}, []string{"a from main head on main"}},
		{"born in an octopus", []step{
			{name: "1", parents: nil, files: clean}, {name: "2", parents: []string{"1"}, files: files{"b": "b"}}, {name: "3", parents: []string{"1"}, files: files{"c": "c"}}, {name: "4", parents: []string{"1"}, files: files{"d": "d"}},
			{name: "main", parents: []string{"2", "3", "4"}, files: files{"a": k}},
		}, []string{"a from main head on main"}},
		{"gone in a merge", []step{
			{name: "1", parents: nil, files: files{"a": k}}, {name: "2", parents: []string{"1"}, files: files{"a": k, "b": "b"}}, {name: "3", parents: []string{"1"}, files: files{"a": k, "c": "c"}},
			{name: "main", parents: []string{"2", "3"}, files: files{"b": "b", "c": "c"}},
		}, []string{"a from 1 to main on 1,2,3"}},
		{"gone in a merge with who never had it", []step{
			{name: "1", parents: nil, files: clean}, {name: "2", parents: []string{"1"}, files: files{"a": k}}, {name: "3", parents: []string{"1"}, files: files{"c": "c"}},
			{name: "main", parents: []string{"2", "3"}, files: files{"c": "c"}},
		}, []string{"a from 2 to main on 2"}},
		{"gone on one side, the merge follows", []step{
			{name: "1", parents: nil, files: files{"a": k}}, {name: "2", parents: []string{"1"}, files: clean}, {name: "3", parents: []string{"1"}, files: files{"a": k, "c": "c"}},
			{name: "main", parents: []string{"3", "2"}, files: files{"c": "c"}},
		}, []string{"a from 1 to 2 on 1,3"}},
		{"two roots", []step{
			{name: "1", parents: nil, files: files{"a": k}}, {name: "2", parents: nil, files: files{"b": k}}, {name: "main", parents: []string{"1", "2"}, files: files{"a": k, "b": k}},
		}, []string{"a from 1 head on 1,main", "b from 2 head on 2,main"}},
		{"criss-cross", []step{
			{name: "1", parents: nil, files: clean}, {name: "2", parents: []string{"1"}, files: files{"a": k}}, {name: "3", parents: []string{"1"}, files: files{"c": "c"}},
			{name: "4", parents: []string{"2", "3"}, files: files{"a": k, "c": "c"}}, {name: "5", parents: []string{"3", "2"}, files: files{"c": "c"}},
			{name: "main", parents: []string{"4", "5"}, files: files{"a": k, "c": "c"}},
		}, []string{"a from 2 head on 2,4,main"}},
		{"same text in a folder that stays", []step{
			{name: "1", parents: nil, files: files{"d/e/f/a": k, "d/e/b": "b"}}, {name: "2", parents: []string{"1"}, files: files{"d/e/f/a": k, "d/e/b": "c"}}, {name: "main", parents: []string{"2"}, files: files{"d/e/b": "c"}},
		}, []string{"d/e/f/a from 1 to main on 1,2"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRepo(t, "--bare")
			ids := r.draw(c.steps...)
			got := r.scan().complete(t)
			if diff := cmp.Diff(c.want, tellAll(got, ids)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			r.git("repack", "-q", "-adf")
			if again := r.scan().complete(t); cmp.Diff(got.findings, again.findings) != "" {
				t.Errorf("packed -loose +packed\n%s", cmp.Diff(got.findings, again.findings))
			}
		})
	}
}

// slowly works out the same from the whole trees of all commits, as drawn.
func slowly(steps []step, credentials []string) []string {
	has := map[string]map[string]bool{} // by commit: path and credential
	for _, s := range steps {
		has[s.name] = map[string]bool{}
		for path, content := range s.files {
			for i, k := range credentials {
				if strings.Contains(content, k) {
					has[s.name][fmt.Sprint(path, " ", i)] = true
				}
			}
		}
	}
	keys := map[string]bool{}
	for _, set := range has {
		maps.Copy(keys, set)
	}
	var all []string
	for key := range keys {
		path, _, _ := strings.Cut(key, " ")
		all = append(all, stayOf(key, path, steps, has))
	}
	slices.Sort(all)
	return all
}

// stayOf follows one credential at one path through commits in their order.
func stayOf(key, path string, steps []step, has map[string]map[string]bool) string {
	var from, to string
	var refs []string
	for _, s := range steps {
		before := 0
		for _, p := range s.parents {
			if has[p][key] {
				before++
			}
		}
		switch {
		case has[s.name][key] && before == 0:
			if from == "" {
				from = s.name
			}
			to = ""
		case !has[s.name][key] && before > 0 && (before == len(s.parents) || to == ""):
			to = s.name
		}
		if has[s.name][key] {
			refs = append(refs, s.name)
		}
	}
	text := path + " from " + from
	if has["main"][key] {
		text += " head"
	} else if to != "" {
		text += " to " + to
	}
	slices.Sort(refs)
	more := max(0, len(refs)-maxRefs)
	if len(refs) > 0 {
		text += " on " + strings.Join(refs[:len(refs)-more], ",")
	}
	if more > 0 {
		text += fmt.Sprintf(" and %d", more)
	}
	return text
}

// Whatever the history, attribution says what walking every tree of every commit
// says.
func TestAttributionRandom(t *testing.T) {
	credentials := []string{token(t, 1), token(t, 2)}
	contents := []string{"", "clean", credentials[0], credentials[1], credentials[0] + "\n" + credentials[1], "again\n" + credentials[0]}
	paths := []string{"a", "b", "d/a", "d/e/f"}
	rapid.Check(t, func(rt *rapid.T) {
		var steps []step
		n := rapid.IntRange(1, 14).Draw(rt, "commits")
		for i := range n {
			s := step{name: fmt.Sprintf("c%02d", i), files: map[string]string{}}
			if i == n-1 {
				s.name = "main"
			}
			for _, p := range rapid.SliceOfNDistinct(rapid.IntRange(0, max(0, i-1)), 0, min(i, 3), rapid.ID[int]).Draw(rt, "parents") {
				s.parents = append(s.parents, steps[p].name)
			}
			for _, p := range paths {
				if c := rapid.SampledFrom(contents).Draw(rt, "content"); c != "" {
					s.files[p] = c
				}
			}
			steps = append(steps, s)
		}
		r := newRepo(t, "--bare")
		ids := r.draw(steps...)
		if rapid.Bool().Draw(rt, "repack") { // trees as edits of others
			r.git("repack", "-adfq")
		}
		got := tellAll(r.scan().complete(t), ids)
		if want := slowly(steps, credentials); !slices.Equal(want, got) {
			rt.Fatalf("-slow +scan\n%s", cmp.Diff(want, got))
		}
	})
}

// What no commit holds is found all the same, and where a credential stands in
// history too the place is listed beside the others.
func TestAttributionLoose(t *testing.T) {
	k := token(t, 1) + "\n"
	r := newRepo(t)
	ids := r.draw(step{name: "main", parents: nil, files: map[string]string{"a": k}})
	r.feed("dangling "+k, "hash-object", "-w", "--stdin")
	got := r.scan().complete(t)
	if want := []string{"a from main head on main", "blob"}; !slices.Equal(tellAll(got, ids), want) {
		t.Errorf("got %v, want %v", tellAll(got, ids), want)
	}
}

// A blob or tree that a tag names, and nothing else, is content too.
func TestAttributionTagOfBlob(t *testing.T) {
	r := newRepo(t)
	ids := r.draw(step{name: "main", parents: nil, files: map[string]string{"a": "clean"}})
	blob := r.feed("in a blob "+token(t, 1)+"\n", "hash-object", "-w", "--stdin")
	inTree := r.feed("in a tree "+token(t, 2)+"\n", "hash-object", "-w", "--stdin")
	tree := r.feed("100644 blob "+inTree+"\tfile\n", "mktree")
	r.git("tag", "blob", blob)
	r.git("tag", "-a", "-m", "an annotated one", "tree", tree)
	got := r.scan().complete(t)
	if want := []string{"blob", "blob"}; !slices.Equal(tellAll(got, ids), want) {
		t.Errorf("got %v, want %v", tellAll(got, ids), want)
	}
}

// Replace refs and grafts change what git shows, not what is there.
func TestAttributionReplaced(t *testing.T) {
	k := token(t, 1) + "\n"
	r := newRepo(t)
	ids := r.draw(step{name: "one", parents: nil, files: map[string]string{"a": k}}, step{name: "two", parents: []string{"one"}, files: map[string]string{"b": "b"}}, step{name: "main", parents: []string{"two"}, files: map[string]string{"c": "c"}})
	r.git("replace", ids["one"], ids["two"])
	r.git("replace", r.git("rev-parse", ids["main"]+"^{tree}"), r.git("rev-parse", ids["two"]+"^{tree}"))
	r.write(".git/info/grafts", ids["main"]+"\n")
	r.git("branch", "-D", "one")
	got := tellAll(r.scan().complete(t), ids)
	if len(got) != 1 || !strings.HasPrefix(got[0], "a from one to two") {
		t.Errorf("got %v", got)
	}
}

// Where a parent is missing nobody knows what the next commit brought, and a
// notice says that something is missing.
func TestAttributionMissingParent(t *testing.T) {
	k := token(t, 1) + "\n"
	r := newRepo(t)
	r.draw(step{name: "one", parents: nil, files: map[string]string{"a": k}}, step{name: "two", parents: []string{"one"}, files: map[string]string{"a": k, "b": "b"}}, step{name: "main", parents: []string{"two"}, files: map[string]string{"b": "b"}})
	clone := newRepo(t)
	clone.git("fetch", "-q", "--depth=2", "file://"+r.dir, "main:copy")
	ids := map[string]string{"main": clone.git("rev-parse", "copy"), "two": clone.git("rev-parse", "copy~1")}
	got := clone.scan()
	got.noticed(t, "history", "shallow clone")
	if want := []string{"a to main"}; !slices.Equal(tellAll(got, ids), want) {
		t.Errorf("got %v, want %v", tellAll(got, ids), want)
	}
}

func TestAttributionDetachedHead(t *testing.T) {
	k := token(t, 1) + "\n"
	r := newRepo(t)
	ids := r.draw(step{name: "one", parents: nil, files: map[string]string{"a": k}}, step{name: "main", parents: []string{"one"}, files: map[string]string{"b": "b"}})
	r.git("checkout", "-q", "--detach", ids["one"])
	r.git("branch", "-D", "one")
	got := r.scan().complete(t)
	if want := []string{"a from one head"}; !slices.Equal(tellAll(got, ids), want) {
		t.Errorf("got %v, want %v", tellAll(got, ids), want)
	}
}

// Refs are listed up to a number, the others counted.
func TestAttributionManyRefs(t *testing.T) {
	k := token(t, 1) + "\n"
	r := newRepo(t, "--bare")
	ids := r.draw(step{name: "main", parents: nil, files: map[string]string{"a": k}}, step{name: "without", parents: nil, files: map[string]string{"b": "b"}})
	var updates strings.Builder
	for i := range 30 {
		id := ids["main"]
		if i == 5 {
			id = ids["without"]
		}
		fmt.Fprintf(&updates, "create refs/heads/b%02d %s\n", i, id)
	}
	r.feed(updates.String(), "update-ref", "--stdin")
	l := r.scan().complete(t).findings[0].Occurrences[0]
	want := "refs/heads/b00 refs/heads/b01 refs/heads/b02 refs/heads/b03 refs/heads/b04 refs/heads/b06 refs/heads/b07 refs/heads/b08 refs/heads/b09 refs/heads/b10"
	if strings.Join(l.Refs, " ") != want || l.RefsMore != 20 {
		t.Errorf("refs %v and %d more, want %s and 20", l.Refs, l.RefsMore, want)
	}
}

// Trees that hold each other many times over describe more paths than can be
// listed. That costs a notice and not the run.
func TestAttributionBomb(t *testing.T) {
	r := newRepo(t)
	id := r.feed(token(t, 1)+"\n", "hash-object", "-w", "--stdin")
	kind, mode := "blob", "100644"
	for range 12 {
		var tree strings.Builder
		for i := range 16 {
			fmt.Fprintf(&tree, "%s %s %s\tn%x\n", mode, kind, id, i)
		}
		id = r.feed(tree.String(), "mktree")
		kind, mode = "tree", "040000"
	}
	r.git("update-ref", "refs/heads/main", r.git("commit-tree", "-m", "bomb", id))
	opened := r.open()
	h := opened.History()
	blob := r.git("rev-parse", "main:n0/n0/n0/n0/n0/n0/n0/n0/n0/n0/n0/n0")
	held := []Held{{ID: parseID(t, blob), Type: 3, Credentials: []int{0}}}
	drain(t, h)
	drain(t, h.Rest(held))
	h.trees.trees.steps = 100_000
	a, err := h.Attribute(t.Context(), held)
	if err == nil || !strings.Contains(err.Error(), "too many paths") || a.Placed != nil {
		t.Errorf("error %v", err)
	}
}

// drain reads a source to its end.
func drain(t *testing.T, s Source) {
	t.Helper()
	for unit, err := range s.Units(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range unit() {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
