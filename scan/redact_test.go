package scan

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// The rules whose credentials the redaction tests plant, with an example each.
// Typed ones stand for themselves wherever they are; the others need the text
// around them.
var planted = []struct {
	id, template string
	typed        bool
}{
	{"github-personal-access-token", "ghp_{base62:30}{seal}", true},
	{"npm-access-token", "npm_{base62:30}{seal}", true},
	{"gitlab-personal-access-token", "glpat-{base62:20}", true},
	{"stripe-secret-key", "sk_live_{base62:24}", true},
	{"sendgrid-api-key", "SG.{base62:22}.{base62:43}", true},
	{"jwt-json-web-token", "{jwt}", true},
	{"privatekey-rsa", "{pem:RSA PRIVATE KEY}", false},
	{"url-password", "https://deploy:{base62:18}@git.example.org/app.git", false},
	{"generic-password", "password = \"{base62:6}!{base62:6}$%{base62:4}\"", false},
	{"generic-password", "db_password: {base62:10}#{digit:4}", false},
	{"http-bearer-token", "Authorization: Bearer {base64url:40}", false},
}

// A plant is a credential and the text that shows it.
type plant struct {
	text   string
	hidden string // what no report may show any eight bytes of
	typed  bool
	coat   func(text string) string // that it wears, or nil
}

// plantCoats are ways in which a credential is written so that it does not show.
var plantCoats = []func(text string) string{
	func(text string) string { return base64.StdEncoding.EncodeToString([]byte("a: " + text)) },
	func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte("  " + text + "\nb: c")) },
	func(text string) string {
		all := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("some words ", 9) + text + strings.Repeat(" and more", 9)))
		return all[:64] + "\n  " + all[64:128] + "\n  " + all[128:192] + "\n  " + all[192:]
	},
	func(text string) string { return hex.EncodeToString([]byte("key " + text)) },
	func(text string) string { return base64.StdEncoding.EncodeToString(utf16Of("$x = '" + text + "'")) },
	eachByte(`\u%04x`), eachByte(`\x%02x`), eachByte("%%%02X"), eachByte("&#%d;"),
}

func eachByte(format string) func(text string) string {
	return func(text string) string {
		out := ""
		for _, b := range []byte(text) {
			out += fmt.Sprintf(format, b)
		}
		return out
	}
}

// utf16Of encodes text with the low byte first.
func utf16Of(text string) (out []byte) {
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// dressed is the plant in a coat.
func (p plant) dressed(coat func(text string) string) plant {
	p.text, p.coat = coat(p.text), coat
	return p
}

// drawPlant makes one credential of those in planted.
func drawPlant(t testing.TB, choice int, seed uint64) plant {
	t.Helper()
	p := planted[choice%len(planted)]
	r := rules.Rule{Rule: report.Rule{ID: p.id}}
	for _, known := range rules.Builtin() {
		if known.ID == p.id {
			r = known
		}
	}
	text, err := r.Expand(p.template, seed)
	if err != nil {
		t.Fatal(err)
	}
	matches := builtin().Find(nil, []byte(text))
	if len(matches) != 1 {
		t.Fatalf("%s: %d matches in the example", p.id, len(matches))
	}
	m := matches[0]
	hidden := text[m.Start+m.Public : m.End]
	if _, body, ok := strings.Cut(text, " KEY-----\n"); ok {
		hidden, _, _ = strings.Cut(body, "-----END") // the frame is the same for all
	}
	return plant{text: text, hidden: strings.TrimSpace(hidden), typed: p.typed}
}

// leaks returns a piece of a credential that text holds.
func leaks(text []byte, plants []plant) string {
	const piece = 8
	for _, p := range plants {
		hidden := p.hidden
		if p.coat != nil {
			hidden += "\n" + p.text // all of the encoded text
		}
		for line := range strings.FieldsSeq(hidden) {
			for i := 0; i+piece <= len(line); i++ {
				if bytes.Contains(text, []byte(line[i:i+piece])) {
					return line[i : i+piece]
				}
			}
		}
	}
	return ""
}

// formats are all the ways in which a report is written.
func formats() map[string]func(io.Writer) report.Handler {
	all := map[string]func(io.Writer) report.Handler{
		"sarif with history": func(w io.Writer) report.Handler {
			return report.NewSARIF(w, report.SARIFOptions{History: report.HistoryInclude})
		},
	}
	for _, f := range report.Formats {
		all[f.Name] = f.New
	}
	return all
}

// allReports examines sources once and returns what every format writes, and
// everything that the sink was given.
func allReports(t testing.TB, opt Options, sources ...Source) (map[string]*bytes.Buffer, *record) {
	t.Helper()
	got := &record{}
	texts := map[string]*bytes.Buffer{}
	handlers := []report.Handler{}
	for name, format := range formats() {
		texts[name] = &bytes.Buffer{}
		h := format(texts[name])
		if err := h.Begin(report.Run{Tool: "assay", Command: "scan", Target: "."}); err != nil {
			t.Fatal(err)
		}
		handlers = append(handlers, h)
	}
	h := report.Tee(handlers...)
	summary, err := Run(context.Background(), sources, builtin(), both{h, got}, opt)
	if err := errors.Join(err, h.End(summary)); err != nil {
		t.Fatal(err)
	}
	got.summary = summary
	texts["fields"] = bytes.NewBufferString(fmt.Sprintf("%+v %+v", got.findings, got.notices))
	for _, f := range got.findings {
		for _, l := range f.Occurrences {
			fmt.Fprintf(texts["fields"], "%+v %+v", l.Introduced, l.Removed)
		}
	}
	return texts, got
}

// both is a Sink that hands everything to two.
type both struct{ a, b report.Sink }

func (s both) Finding(f report.Finding) error { return errors.Join(s.a.Finding(f), s.b.Finding(f)) }
func (s both) Verdict(v report.Verdict) error { return errors.Join(s.a.Verdict(v), s.b.Verdict(v)) }
func (s both) Notice(n report.Notice) error   { return errors.Join(s.a.Notice(n), s.b.Notice(n)) }

// held is a source of blobs in memory.
type heldBlobs []Blob

func (h heldBlobs) Units(context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) { yield(blobs(h), nil) }
}

// No report shows a credential or a piece of one, whatever stands around it and
// whatever else is in the line.
func TestRedactContent(t *testing.T) {
	around := []string{
		"", "\"", "'", "`", "(", ")", ",", ";", "=", ": ", "\t", "é", "日本", "\xff\xfe", "\x00", "# ", "//", "<b>", "\\n", "\u202e", "\x1b[31m", "...", "$", "%", "&", "word ",
		strings.Repeat("word ", 40), strings.Repeat("x", 300) + " ", strings.Repeat("long line ", 1500),
	}
	between := []string{" ", "\n", ", ", "\r\n", "\" \"", " é", "\r"}
	found := 0
	rapid.Check(t, func(rt *rapid.T) {
		var content []byte
		var all []plant
		for range rapid.IntRange(1, 5).Draw(rt, "credentials") {
			p := drawPlant(t, rapid.IntRange(0, len(planted)-1).Draw(rt, "rule"), rapid.Uint64Range(1, 50).Draw(rt, "seed"))
			if coat := rapid.IntRange(0, 2*len(plantCoats)).Draw(rt, "coat"); p.typed && coat < len(plantCoats) {
				p = p.dressed(plantCoats[coat])
			}
			content = append(content, rapid.SampledFrom(around).Draw(rt, "before")...)
			content = append(content, p.text...)
			if again := rapid.IntRange(0, 3).Draw(rt, "again") == 0; again && p.coat == nil && !strings.Contains(p.hidden, "\n") {
				content = append(content, " "+p.hidden...)
			}
			content = append(content, rapid.SampledFrom(around).Draw(rt, "after")...)
			content = append(content, rapid.SampledFrom(between).Draw(rt, "between")...)
			all = append(all, p)
		}
		// Only what the rules find can be masked.
		all = slices.DeleteFunc(all, func(p plant) bool { return !finds(content, p) })
		found += len(all)
		if rapid.IntRange(0, 9).Draw(rt, "UTF-16") == 0 && utf8.Valid(content) {
			content = utf16Of(string(content))
		}
		b := Blob{Path: rapid.SampledFrom([]string{"a.txt", "a.go", "app.yaml", ".env", "-"}).Draw(rt, "path"), Content: content}
		if rapid.Bool().Draw(rt, "in history") {
			b.Path, b.ID, b.Type = "", object.Hash(object.Blob, content), rapid.SampledFrom([]object.Type{object.Blob, object.Commit, object.Tag}).Draw(rt, "type")
		}
		texts, _ := allReports(t, Options{Workers: 1, IgnoreInlineAllow: true}, heldBlobs{b})
		for name, text := range texts {
			if piece := leaks(text.Bytes(), all); piece != "" {
				rt.Fatalf("%s shows %q of %q:\n%s", name, piece, content, tail(text.String()))
			}
		}
	})
	if found < 20 { // of 20 drawn texts at least, with -short
		t.Errorf("only %d credentials were found", found)
	}
}

// tail is the end of a report, behind the list of rules.
func tail(s string) string { return s[max(0, len(s)-3000):] }

// finds reports whether the rules find p in content.
func finds(content []byte, p plant) bool {
	first, _, _ := strings.Cut(p.hidden, "\n")
	for _, m := range builtin().Find(nil, content) {
		if bytes.Contains(m.Value(content), []byte(first)) && (p.coat == nil) == (m.Coats() == "") {
			return true
		}
	}
	return false
}

// No name of any kind gives a credential away: of files, folders, branches, tags,
// authors, in messages and reflogs, in notices and errors.
func TestRedactNames(t *testing.T) {
	for seed := range uint64(4) {
		var all []plant
		next := func() string {
			p := drawPlant(t, len(all)%6, 1000*seed+uint64(len(all)))
			all = append(all, p)
			return p.text
		}
		r := newRepo(t)
		r.env = append(r.env, "GIT_AUTHOR_NAME=Author "+next(), "GIT_COMMITTER_EMAIL="+next()+"@example.org")
		name := "dir/" + next() + ".txt"
		r.commit(name, "key = "+next())
		r.git("mv", name, next())
		r.git("commit", "-q", "-m", "a message with "+next())
		r.git("branch", next())
		r.git("tag", "-a", "-m", "a tag with "+next(), next())
		r.git("update-ref", "refs/notes/"+next(), "HEAD")
		r.git("config", "remote.origin.url", "https://user:"+next()+"@example.org/")
		r.write(".git/refs/heads/"+next(), strings.Repeat("1", 40)+"\n")
		r.write("new "+next()+"/file", "x")
		r.write("gone "+next(), "x")
		sources, opt := r.sources()
		sources[0] = vanishing{sources[0], func() { removeMatching(t, r.dir, "gone *") }}
		texts, got := allReports(t, opt, sources...)
		if len(got.findings) < 9 || len(got.notices) < 2 {
			t.Fatalf("%d findings, notices %v", len(got.findings), got.notices)
		}
		for name, text := range texts {
			if piece := leaks(text.Bytes(), all); piece != "" {
				t.Errorf("%s shows %q:\n%s", name, piece, tail(text.String()))
			}
		}
	}
}

func removeMatching(t *testing.T, dir, pattern string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if err := os.Remove(n); err != nil {
			t.Fatal(err)
		}
	}
}

// A .git file is input like any other: the error about it does not quote it.
func TestRedactErrors(t *testing.T) {
	p := drawPlant(t, 0, 1)
	dir := folderOf(t, ".git", "gitdir: /nowhere/"+p.text+"\n")
	_, err := OpenRepository(dir, builtin())
	if err == nil || errors.Is(err, ErrNoRepository) || leaks([]byte(err.Error()), []plant{p}) != "" {
		t.Errorf("error %v", err)
	}
}

// Every match on a line is masked, whatever became of it, and a line that is cut
// shows no part of a token.
func TestExcerpt(t *testing.T) {
	k, k2 := token(t, 1), token(t, 2)
	const masked = "ghp_<36 characters>"
	for _, c := range []struct{ content, want string }{
		{"key = " + k, "key = " + masked},
		{"  key = " + k + "  \nnext", "key = " + masked},
		{k + " " + k2 + " # assay:allow[other]", masked + " ..."},
		{"hunter2 " + k + " password: \"tr0ub4dor&3x\" # end", "hunter2 " + masked + " password: \"<12 characters>\" # end"}, // assay:allow made up for the test
		{"a\rkey = " + k + "\rb", "key = " + masked},
		{strings.Repeat("word ", 30) + k + strings.Repeat(" word", 30), "..." + strings.Repeat(" word", 19) + " " + masked + strings.Repeat(" word", 7) + " ..."},
		{strings.Repeat("x", 200) + " = " + k + " " + strings.Repeat("y", 200), "... = " + masked + " ..."},
		{strings.Repeat("x", 200) + "\"" + k + "\"" + strings.Repeat("y", 99), "..." + masked + "..."},
		{"\xff\xfe key = " + k, "\uFFFD key = " + masked},
		{"password = \"hunter2!again\" # hunter2!again", "password = \"<13 characters>\" # <13 characters>"}, // assay:allow made up for the test
	} {
		got := text(t, "a.txt", c.content)
		if len(got.findings) == 0 || got.findings[0].Excerpt != c.want {
			t.Errorf("%.60q: want %q, got %+v", c.content, c.want, got.findings)
		}
	}
}
