package scan

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadUpdates(t *testing.T) {
	one, two, zero := strings.Repeat("1", 40), strings.Repeat("2", 40), strings.Repeat("0", 40)
	for _, c := range []struct {
		push, receive string // the same said by both hooks
		old, new      []string
	}{
		{"", "", nil, nil},
		{"\n", "\n\n", nil, nil},
		{"refs/heads/a " + two + " refs/heads/b " + one + "\n", one + " " + two + " refs/heads/b\n", []string{one}, []string{two}},
		{"HEAD@{1 day ago} " + two + " refs/heads/b " + zero, zero + " " + two + " refs/heads/b", []string{zero}, []string{two}},
		{"(delete) " + zero + " refs/heads/b " + one + "\na " + one + " b " + two + "\n", one + " " + zero + " refs/heads/b\n" + two + " " + one + " b\n", []string{one, two}, []string{zero, one}},
	} {
		for name, got := range map[string]func() ([]Update, error){
			"push":    func() ([]Update, error) { return ReadPush(strings.NewReader(c.push)) },
			"receive": func() ([]Update, error) { return ReadReceive(strings.NewReader(c.receive)) },
		} {
			updates, err := got()
			if err != nil {
				t.Errorf("%s %q: %v", name, c.push, err)
			}
			var old, new []string
			for _, u := range updates {
				old, new = append(old, u.Old.String()), append(new, u.New.String())
			}
			if !slices.Equal(old, c.old) || !slices.Equal(new, c.new) {
				t.Errorf("%s %q: from %v to %v", name, c.push, old, new)
			}
		}
	}
	for _, bad := range []string{"x", "a b c d", one + " " + two, "a " + one + " b " + two[1:], "a " + one + " b", strings.Repeat("x", 1<<17)} {
		if _, err := ReadPush(strings.NewReader(bad)); err == nil {
			t.Errorf("push: %.50q is taken", bad)
		}
		if _, err := ReadReceive(strings.NewReader(bad)); err == nil {
			t.Errorf("receive: %.50q is taken", bad)
		}
	}
}

func FuzzReadUpdates(f *testing.F) {
	f.Add("refs/heads/a " + strings.Repeat("2", 40) + " refs/heads/b " + strings.Repeat("1", 64) + "\n")
	f.Add("\x00 \xff\n\n   a b c d")
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func() ([]Update, error){
			func() ([]Update, error) { return ReadPush(strings.NewReader(text)) },
			func() ([]Update, error) { return ReadReceive(strings.NewReader(text)) },
		} {
			updates, err := read()
			if len(updates) > strings.Count(text, "\n")+1 || err == nil && len(updates) == 0 && strings.TrimSpace(text) != "" {
				t.Errorf("%d updates, %v", len(updates), err)
			}
		}
	})
}

func TestSplitDirs(t *testing.T) {
	colon := string(filepath.ListSeparator)
	for list, want := range map[string][]string{
		"":                                     nil,
		"a":                                    {"a"},
		"a" + colon + "b c":                    {"a", "b c"},
		colon + "a" + colon + colon:            {"a"},
		`"a` + colon + `\"b"` + colon + `c`:    {"a" + colon + `"b`, "c"},
		`"never closed` + colon + "b":          {`"never closed`, "b"},
		`"` + strings.Repeat(colon, 2) + "x\"": {strings.Repeat(colon, 2) + "x"},
	} {
		if got := splitDirs(list); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}

// What a merge has from one of its parents is not new, and what stood in a file before
// is not either; what cannot be read of that counts as new.
func TestStagedRevises(t *testing.T) {
	r := newRepo(t)
	r.commit("a", token(t, 1), "dir/b", token(t, 2))
	before := r.git("rev-parse", "HEAD:a")
	r.write("a", token(t, 1)+"\n"+token(t, 3))
	r.write("dir/b", token(t, 2)+" ")
	r.write("dir/c", token(t, 2))
	r.git("add", ".")
	staged := func() *record {
		s, err := r.open().Staged(StagedOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return run(t, Options{}, s).complete(t)
	}
	if got, want := staged().places(), []string{"a:2:1", "dir/c:1:1"}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	spoilLoose(t, r, before)
	if got, want := staged().places(), []string{"a:1:1", "a:2:1", "dir/c:1:1"}; !slices.Equal(got, want) {
		t.Errorf("with a damaged blob: found %v, want %v", got, want)
	}
}
