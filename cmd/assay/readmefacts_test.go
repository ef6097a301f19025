package main

import (
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/rules"
)

// keysOf lists the keys of a table of the configuration, those of what it embeds too.
func keysOf(table reflect.Type) (keys []string) {
	for field := range table.Fields() {
		switch key := field.Tag.Get("toml"); {
		case field.Anonymous:
			keys = append(keys, keysOf(field.Type)...)
		case key != "":
			keys = append(keys, key)
		}
	}
	return keys
}

// The README lists the keys of .assay.toml, as messages say it does: the flags that are
// none, and all that is no flag.
func TestREADMENamesKeys(t *testing.T) {
	readme := string(ours(t, "README.md"))
	named := func(key string) bool {
		return strings.Contains(readme, "`"+key+"`") || regexp.MustCompile(`(?m)^`+key+` = |allowed-accounts.*; `+key+` = `).MatchString(readme)
	}
	_, exceptions, _ := strings.Cut(readme, "`[scan]` takes every flag but")
	exceptions, _, _ = strings.Cut(exceptions, "\n`baseline` and")
	ofScan, ofAudit, _ := strings.Cut(exceptions, "`[audit]`")
	a := &app{}
	for _, c := range []struct {
		flags      *pflag.FlagSet
		table      reflect.Type
		exceptions string
	}{
		{a.scanCommand().Flags(), reflect.TypeFor[scanConfig](), ofScan},
		{a.auditCommand().Flags(), reflect.TypeFor[auditConfig](), ofAudit},
	} {
		keys := keysOf(c.table)
		c.flags.VisitAll(func(f *pflag.Flag) {
			excepted := strings.Contains(c.exceptions, "`"+f.Name+"`")
			if !f.Hidden && excepted == slices.Contains(keys, f.Name) {
				t.Errorf("%s: in the README an exception: %v; a key of %v: %v", f.Name, excepted, c.table, !excepted)
			}
		})
		for _, key := range keys {
			if c.flags.Lookup(key) == nil && key != "environment" && !named(key) {
				t.Errorf("the README does not name the key %s", key)
			}
		}
	}
}

// The table of thresholds has the defaults.
func TestREADMEThresholds(t *testing.T) {
	said := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z`, -]+`) \\| ([0-9, ]+) \\|").FindAllStringSubmatch(string(ours(t, "README.md")), -1) {
		names, numbers := strings.Split(row[1], ", "), strings.Split(row[2], ", ")
		for i, name := range names {
			said[strings.Trim(name, "`")] = numbers[i]
		}
	}
	defaults := reflect.ValueOf(audit.DefaultSettings().Thresholds)
	for i := range defaults.NumField() {
		key := defaults.Type().Field(i).Tag.Get("toml")
		if want := fmt.Sprint(defaults.Field(i)); said[key] != want {
			t.Errorf("the README says that %s is %q by default; it is %s", key, said[key], want)
		}
	}
}

// The README counts providers in hundreds, and checks one by one; the CHANGELOG faults
// too.
func TestREADMECounts(t *testing.T) {
	providers := map[string]bool{}
	for _, r := range rules.Builtin() {
		providers[r.Provider] = true
	}
	for _, file := range []string{"README.md", "CHANGELOG.md"} {
		text := string(ours(t, file))
		for _, want := range []string{fmt.Sprintf("some %d00 providers", (len(providers)+50)/100), fmt.Sprintf("%d checks", len(audit.Checks()))} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", file, want)
			}
		}
	}
	if want := fmt.Sprintf("with %d faults", len(fakeaws.Faults)); !strings.Contains(string(ours(t, "CHANGELOG.md")), want) {
		t.Errorf("the CHANGELOG does not say %q", want)
	}
}

var changing = regexp.MustCompile(`(introduced +)[0-9a-f]+|[0-9]{4}-[0-9]{2}-[0-9]{2}|(assay/v1:)[0-9a-f]+|(\.py:)[0-9]+:[0-9]+`)

// The finding that the README shows is what a scan prints.
func TestREADMESample(t *testing.T) {
	var sample string
	for _, block := range fences(t, "text") {
		if text := strings.Join(block, "\n"); strings.Contains(text, "fingerprint") {
			sample = text
		}
	}
	dir := t.TempDir()
	w := &workshop{dir: dir}
	clone := filepath.Join(dir, "clone")
	w.git(t, dir, "init", "-q", "-b", "main", clone)
	writeFile(t, []byte(leakText(t, 1)+"\n"), clone, "src", "app.py")
	w.git(t, clone, "add", ".")
	w.git(t, clone, "commit", "-q", "-m", "first")
	r := &reader{env: append(gitEnvironment(dir), "NO_COLOR=1")}
	got := r.shell(t, clone, "assay scan -q --exit-zero .")
	if plain := changing.ReplaceAllString(sample, "$1$2$3"); sample == "" || !strings.Contains(changing.ReplaceAllString(got, "$1$2$3"), plain) {
		t.Errorf("the README shows\n%s\nand a scan prints\n%s", sample, got)
	}
}
