package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A wordFile is one file of the set.
type wordFile struct {
	Path   string // relative, with slashes
	Text   string
	Labels []wordLabel
}

// A wordLabel says what stands in some lines of a file.
type wordLabel struct {
	Half       string `json:"half"`
	Path       string `json:"path"`
	Line       int    `json:"line"` // from 1
	EndLine    int    `json:"end_line"`
	Credential bool   `json:"credential"`
	Kind       string `json:"kind"` // the habit, or why it is harmless
	Grammar    string `json:"grammar"`
	Language   string `json:"language"`
}

// shortestPassword is in characters.
const shortestPassword = 6

// files writes every host of the half so many times.
func (h *wordHalf) files(seed uint64, times int) []wordFile {
	var all []wordFile
	for i, at := range h.hosts {
		for n := range times {
			rng := rand.New(rand.NewPCG(seed, uint64(i)<<32|uint64(n)))
			f := &filling{half: h, rng: rng, dialect: h.dialects[at.language], word: pick(rng, h.lists["nouns"])}
			f.quote = pick(rng, f.dialect.quotes)
			all = append(all, f.file(at, fmt.Sprintf("%s/%02d-%03d", h.Name, i, n)))
		}
	}
	return all
}

// A filling fills the marks of one host.
type filling struct {
	half    *wordHalf
	dialect *dialect
	rng     *rand.Rand
	quote   string // what ${v} is put in
	word    string // what ${w} stands for
}

// caseMark ends a line that is a case.
var caseMark = regexp.MustCompile(`\s*«([a-z][a-z ]+)(?: !([a-z]+))?(?: \+(\d))?»$`)

func (f *filling) file(at host, folder string) wordFile {
	out := wordFile{Path: folder + "/" + f.plain(at.path)}
	var text strings.Builder
	number := 1
	for _, line := range at.lines {
		last := number + strings.Count(line, "\n")
		if m := caseMark.FindStringSubmatch(line); m != nil {
			label := wordLabel{Half: f.half.Name, Path: out.Path, Line: number, EndLine: last, Grammar: m[1], Language: at.language, Kind: m[2]}
			line = f.fill(strings.TrimSuffix(line, m[0]), &label)
			out.Labels = append(out.Labels, label)
		}
		text.WriteString(f.plain(line) + "\n")
		number = last + 1
	}
	out.Text = text.String()
	return out
}

// plain fills the marks that are neither a value nor bound to one.
func (f *filling) plain(line string) string {
	line = strings.ReplaceAll(line, "${w}", f.word)
	line = eachMark(line, "${x}", func() string { return pick(f.rng, f.half.lists["nouns"]) })
	line = eachMark(line, "${t}", func() string { return pick(f.rng, f.half.lists["translation"]) })
	line = eachMark(line, "${#}", func() string { return fmt.Sprint(2 + f.rng.IntN(9000)) })
	return f.named(line, pick(f.rng, f.half.lists["names"]))
}

// eachMark fills every mark anew.
func eachMark(line, mark string, fill func() string) string {
	for strings.Contains(line, mark) {
		line = strings.Replace(line, mark, fill(), 1)
	}
	return line
}

func (f *filling) named(line, name string) string {
	line = strings.ReplaceAll(line, "${n}", styled(name, f.dialect.style))
	return strings.ReplaceAll(line, "${N}", styled(name, "upper"))
}

// fill fills a case and its label.
func (f *filling) fill(line string, label *wordLabel) string {
	slot, mark := slotOf(line)
	if label.Kind != "" {
		return line
	}
	var name, value string
	label.Credential = f.rng.IntN(2) == 0
	if label.Credential {
		label.Kind, name, value = f.password(slot)
	} else {
		label.Kind, name, value = f.twin(slot, strings.Contains(strings.ToLower(line), "${n}"))
	}
	return strings.ReplaceAll(f.named(line, name), mark, value)
}

// slotOf returns the slot of a line and its mark.
func slotOf(line string) (slot, mark string) {
	for _, slot := range []string{"v", "r", "u", "%"} {
		if mark := "${" + slot + "}"; strings.Contains(line, mark) {
			return slot, mark
		}
	}
	return "", ""
}

// password makes one that can stand in the slot, and a name for it.
func (f *filling) password(slot string) (kind, name, value string) {
	usable := slices.DeleteFunc(slices.Clone(habits), func(h habit) bool {
		return slices.ContainsFunc(h.lists, func(l string) bool { return len(f.half.lists[l]) == 0 })
	})
	for {
		h := usable[f.rng.IntN(len(usable))]
		value = h.make(f.rng, f.half.lists)
		if utf8.RuneCountInString(value) < shortestPassword || !f.fits(slot, value) {
			continue
		}
		list := "names"
		if slices.Contains([]string{"passphrase", "company", "leet", "long"}, h.kind) && f.rng.IntN(3) == 0 {
			list = "names secret"
		}
		return h.kind, pick(f.rng, f.half.lists[list]), f.literal(slot, value)
	}
}

// fits reports whether a literal can stand in the slot without an escape.
func (f *filling) fits(slot, value string) bool {
	unsafe := "\"'`\\" + f.dialect.unsafe[slot]
	if slot == "%" {
		unsafe = ""
	}
	return !strings.ContainsAny(value, unsafe) && (slot != "u" || !strings.Contains(value, " "))
}

func (f *filling) literal(slot, value string) string {
	switch slot {
	case "v":
		return f.quote + value + f.quote
	case "%":
		_, encoded, _ := strings.Cut(url.UserPassword("", value).String(), ":")
		return encoded
	}
	return value
}

// A twinKind is a reason why what stands beside a name is harmless.
type twinKind struct {
	kind string
	// ownName is how often in ten the name says so too: password_label.
	ownName int
}

// The kinds that are literals have a list of that name, and all may have
// expressions in a dialect.
var twinKinds = []twinKind{
	{"label", 5}, {"translation", 0}, {"error", 5}, {"ui", 5}, {"identifier", 6}, {"file", 7}, {"enum", 8},
	{"template", 0}, {"environment", 0}, {"reference", 0}, {"call", 0}, {"empty", 0}, {"type", 0},
}

// literalTwin reports whether the twins of a kind are texts, as passwords are.
func literalTwin(kind string) bool {
	return slices.Contains([]string{"label", "translation", "error", "ui", "identifier", "file", "enum"}, kind)
}

// twin makes one that can stand in the slot, and a name for it. Where the line
// has no name, only what stands for a password can be a twin of one.
func (f *filling) twin(slot string, hasName bool) (kind, name, value string) {
	exprSlot := slot
	if slot == "%" {
		exprSlot = "u"
	}
	type choice struct {
		twinKind
		literals, exprs []string
	}
	var all []choice
	for _, k := range twinKinds {
		c := choice{k, nil, f.dialect.exprs[k.kind+" "+exprSlot]}
		if hasName && (slot == "v" || slot == "r") {
			c.literals = slices.DeleteFunc(slices.Clone(f.half.lists[k.kind]), func(v string) bool { return !f.fits(slot, v) })
		}
		if len(c.literals)+len(c.exprs) > 0 {
			all = append(all, c)
		}
	}
	c := all[f.rng.IntN(len(all))]
	list := "names"
	if own := "names " + c.kind; f.rng.IntN(10) < c.ownName && len(f.half.lists[own]) > 0 {
		list = own
	}
	name = pick(f.rng, f.half.lists[list])
	if len(c.exprs) > 0 && (len(c.literals) == 0 || f.rng.IntN(2) == 0) {
		return c.kind, name, strings.ReplaceAll(f.named(pick(f.rng, c.exprs), name), "«q»", f.quote)
	}
	return c.kind, name, f.literal(slot, f.plain(pick(f.rng, c.literals)))
}

// styled writes a name of words that are joined by underscores in the style of
// a language.
func styled(name, style string) string {
	parts := strings.Split(name, "_")
	switch style {
	case "upper":
		return strings.ToUpper(name)
	case "kebab":
		return strings.Join(parts, "-")
	case "dot":
		return strings.Join(parts, ".")
	case "camel", "pascal":
		for i := range parts {
			if i > 0 || style == "pascal" {
				parts[i] = title(parts[i])
			}
		}
		return strings.Join(parts, "")
	}
	return name
}

// filePath is where a file of the set stands below dir.
func (w wordFile) filePath(dir string) string { return filepath.Join(dir, filepath.FromSlash(w.Path)) }
