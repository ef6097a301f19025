package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The README's table of practices names every check, and the names that a mutelist may
// use for it stand beside it; its figures are those of the program.
func TestReadmeNamesEveryCheck(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	rows := map[string]string{} // by check
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, " | "); len(cells) == 5 && strings.Contains(cells[1], "`SM-") {
			for _, id := range idsIn(cells[1]) {
				rows[id] = line
			}
		}
	}
	for _, c := range Checks() {
		if rows[c.ID] == "" {
			t.Errorf("%s has no row", c.ID)
		}
		for _, name := range prowlerChecks[c.ID] {
			if !strings.Contains(rows[c.ID], "`"+name+"`") {
				t.Errorf("%s: the row does not say %s", c.ID, name)
			}
		}
		delete(rows, c.ID)
	}
	for id := range rows {
		t.Errorf("there is no check %s", id)
	}
	for _, want := range []string{fmt.Sprintf("%d checks: rotation", len(Checks())), fmt.Sprintf("the %d operations", len(Operations()))} {
		if !strings.Contains(text, want) {
			t.Errorf("the README does not say %q", want)
		}
	}
}

// idsIn reads "`SM-ROT-01`, `03` to `05`".
func idsIn(cell string) []string {
	var ids []string
	family, last := "", 0
	for _, m := range regexp.MustCompile("( to )?`(SM-[A-Z]+-)?([0-9]{2})`").FindAllStringSubmatch(cell, -1) {
		if m[2] != "" {
			family = m[2]
		}
		n, _ := strconv.Atoi(m[3])
		first := n
		if m[1] != "" {
			first = last + 1
		}
		for ; first <= n; first++ {
			ids = append(ids, fmt.Sprintf("%s%02d", family, first))
		}
		last = n
	}
	return ids
}
