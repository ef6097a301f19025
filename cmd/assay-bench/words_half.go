package main

import (
	_ "embed"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Passwords that people choose are words, names, seasons and years; what stands
// harmlessly beside words like password are words too. The suite words measures
// whether the two are told apart, on files that are written here.
//
// Word lists, languages and whole files come in two halves that share nothing:
// rules and models may be set while looking at the tuning half, and the deciding
// half says how good they are. Each half is one archive. It holds
//
//	list NAME            one entry a line
//	dialect LANGUAGE     how the language writes what is no literal, see dialect
//	host LANGUAGE PATH   a whole file with marks, see host
//
// No password stands in an archive or in this program: they are made from the
// lists when the files are written. More words come from Go modules, which the
// Go command fetches (words_fetch.go).

//go:embed words_tuning.txtar
var tuningArchive string

//go:embed words_deciding.txtar
var decidingArchive string

// The names of the halves.
const (
	tuningName   = "tuning"
	decidingName = "deciding"
)

// A wordHalf is one half of the set.
type wordHalf struct {
	Name     string
	lists    map[string][]string
	dialects map[string]*dialect
	hosts    []host
}

// A host is a file in which passwords and their twins stand. In its path and in
// its lines these marks are replaced:
//
//	${n} ${N} a name like db_password: as the language writes it, and in capitals
//	${v}      a value with quotes, or an expression in its place
//	${r}      a value without quotes
//	${u}      a value inside of something: a command line, a connection string
//	${%}      the same in a URL
//	${w} ${x} a harmless word: the same in the whole file, and another each time
//	${t}      a translation
//	${#}      a number
//
// A line that ends in «GRAMMAR» is a case: by chance a password or a twin stands
// in it. «GRAMMAR !KIND» marks a line that always is a twin, and «GRAMMAR +N» a
// case that begins N lines before.
type host struct {
	language string
	path     string
	lines    []string // those of one case are one string
}

// A dialect says how a language writes names and twins.
type dialect struct {
	style  string              // of names: snake, camel, pascal, kebab, upper, dot or words
	quotes []string            // any of which may be used
	unsafe map[string]string   // by slot: what a literal must not hold there
	exprs  map[string][]string // by "KIND SLOT": what stands in place of a literal
}

// wordHalves reads both halves, without the words that are fetched.
func wordHalves() ([]*wordHalf, error) {
	var halves []*wordHalf
	for _, a := range []struct{ name, text string }{{tuningName, tuningArchive}, {decidingName, decidingArchive}} {
		h, err := parseHalf(a.name, a.text)
		if err != nil {
			return nil, fmt.Errorf("words_%s.txtar: %w", a.name, err)
		}
		halves = append(halves, h)
	}
	return halves, nil
}

func parseHalf(name, archive string) (*wordHalf, error) {
	h := &wordHalf{Name: name, lists: map[string][]string{}, dialects: map[string]*dialect{}}
	for _, f := range archiveFiles(archive) {
		what, rest, _ := strings.Cut(f.name, " ")
		switch what {
		case "list":
			h.lists[rest] = entries(f.text)
		case "dialect":
			d, err := parseDialect(f.text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.name, err)
			}
			h.dialects[rest] = d
		case "host":
			language, at, _ := strings.Cut(rest, " ")
			h.hosts = append(h.hosts, host{language, path.Clean(at), joinCases(strings.Split(f.text, "\n"))})
		default:
			return nil, fmt.Errorf("entry %q is no list, dialect or host", f.name)
		}
	}
	for _, host := range h.hosts {
		if h.dialects[host.language] == nil {
			return nil, fmt.Errorf("host %s: no dialect %s", host.path, host.language)
		}
	}
	return h, nil
}

// An archiveFile is a file of a txtar archive, without the line end at its end.
type archiveFile struct{ name, text string }

// archiveFiles reads the format txtar: "-- NAME --" on a line of its own begins
// a file, and what stands before the first is a remark.
func archiveFiles(archive string) []archiveFile {
	var files []archiveFile
	for line := range strings.Lines(archive) {
		name, begins := strings.CutPrefix(line, "-- ")
		if name, ends := strings.CutSuffix(name, " --\n"); begins && ends {
			files = append(files, archiveFile{name: name})
		} else if len(files) > 0 {
			files[len(files)-1].text += line
		}
	}
	for i := range files {
		files[i].text = strings.TrimRight(files[i].text, "\n")
	}
	return files
}

// joinCases puts the lines of a case that has several into one string, so that
// all of them have the same name.
func joinCases(lines []string) []string {
	var joined []string
	for _, line := range lines {
		if m := caseMark.FindStringSubmatch(line); m != nil && m[3] != "" {
			before, _ := strconv.Atoi(m[3]) // a digit
			from := max(0, len(joined)-before)
			line = strings.Join(append(joined[from:], line), "\n")
			joined = joined[:from]
		}
		joined = append(joined, line)
	}
	return joined
}

// entries are the lines of a list. Lines that start with a bar hold one entry
// each, the words of all others are entries.
func entries(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if whole, ok := strings.CutPrefix(line, "|"); ok {
			all = append(all, strings.TrimSpace(whole))
			continue
		}
		all = append(all, strings.Fields(line)...)
	}
	return all
}

func parseDialect(text string) (*dialect, error) {
	d := &dialect{unsafe: map[string]string{}, exprs: map[string][]string{}}
	for line := range strings.Lines(text) {
		key, rest, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		slot, expr, two := strings.Cut(rest, " ")
		switch {
		case key == "style":
			d.style = rest
		case key == "quote":
			d.quotes = strings.Fields(rest)
		case !two || !strings.Contains("vru", slot):
			return nil, fmt.Errorf("line %q, want KIND, one of the slots v, r and u, and text", strings.TrimSpace(line))
		case key == "unsafe":
			d.unsafe[slot] = expr
		default:
			d.exprs[key+" "+slot] = append(d.exprs[key+" "+slot], expr)
		}
	}
	return d, nil
}
