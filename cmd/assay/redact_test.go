package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// A hunt looks for credentials in what the program wrote: any eight characters of one as
// they are, in whatever case, backwards, and parted by quotes, tags, commas or spaces;
// and in hex, URLs, entities, escapes, UTF-16 and base64.
type hunt struct {
	pieces map[string]bool // what may not be there, folded, of the lengths in huntLengths
	begins [1 << 22]bool   // whether a piece begins so, see beginning
}

var huntLengths = [...]int{8, 16, 32}

// beginning is where what the first eight bytes of a piece are is noted in a hunt.
func beginning(text string) uint64 {
	n := uint64(0)
	for i := range 8 {
		n = n<<8 | uint64(text[i])
	}
	return n * 0x9e3779b97f4a7c15 >> 42
}

func newHunt(credentials ...string) *hunt {
	h := &hunt{pieces: map[string]bool{}}
	for _, c := range credentials {
		back := []byte(c)
		slices.Reverse(back)
		h.add(c, 8)
		h.add(string(back), 8)
		h.add(hex.EncodeToString([]byte(c)), 16) // and %41, \x41
		for i := range min(3, len(c)) {
			whole := c[i : len(c)-(len(c)-i)%3]
			h.add(base64.StdEncoding.EncodeToString([]byte(whole)), 16)
		}
		var escapes, entities strings.Builder
		for _, b := range []byte(c) {
			fmt.Fprintf(&escapes, `\u%04x`, b)
			fmt.Fprintf(&entities, "&#%d;", b)
		}
		h.add(escapes.String(), 32)
		h.add(entities.String(), 16)
	}
	return h
}

// add looks for all pieces of a text of that size. Eight digits in hex are no piece:
// fingerprints are full of them.
func (h *hunt) add(text string, size int) {
	text = folded([]byte(text))
	for i := 0; i+size <= len(text); i++ {
		piece := text[i : i+size]
		if size == 8 && strings.Trim(piece, "0123456789abcdef") == "" {
			if i+16 > len(text) {
				continue
			}
			piece = text[i : i+16]
		}
		h.pieces[piece], h.begins[beginning(piece)] = true, true
	}
}

// folded is text without what is no letter or digit, in lower case.
func folded(text []byte) string {
	var b strings.Builder
	for _, c := range text {
		if r := unicode.ToLower(rune(c)); r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteByte(byte(r))
		}
	}
	return b.String()
}

// each calls do for all pieces of credentials that text holds, until it returns false.
func (h *hunt) each(text []byte, do func(piece string) bool) {
	plain := folded(text)
	for i := 0; i+huntLengths[0] <= len(plain); i++ {
		if !h.begins[beginning(plain[i:])] {
			continue
		}
		for _, size := range huntLengths {
			if i+size <= len(plain) && h.pieces[plain[i:i+size]] && !do(plain[i:i+size]) {
				return
			}
		}
	}
}

// in returns a piece of a credential that text holds.
func (h *hunt) in(text []byte) (found string) {
	h.each(text, func(piece string) bool { found = piece; return false })
	return found
}

// forget leaves out of the hunt what text holds.
func (h *hunt) forget(text []byte) {
	h.each(text, func(piece string) bool { delete(h.pieces, piece); return true })
}

// The hunt finds what it is for.
func TestHunt(t *testing.T) {
	const c = "Zq8kT2vRw7Lp4XyB9mNc"
	h := newHunt(c)
	for _, text := range []string{
		c, strings.ToUpper(c), "x" + c[3:11] + "y", strings.Join(strings.Split(c, ""), `","`), "<b>" + c[:6] + "</b> <i>" + c[6:] + "</i>",
		hex.EncodeToString([]byte(c)), "%" + strings.ToUpper(fmt.Sprintf("% x", c)), base64.URLEncoding.EncodeToString([]byte("a:" + c + "..")), strings.Join(strings.Split(c, ""), "\x00"),
	} {
		if strings.Contains(text, "<b>") { // the tags are letters too: only what is beside them counts
			text = strings.NewReplacer("<b>", "", "</b> <i>", " ", "</i>", "").Replace(text)
		}
		if h.in([]byte(text)) == "" {
			t.Errorf("not found in %q", text)
		}
	}
	if piece := h.in([]byte("Zq8kT2v-xRw7Lp4Xx <20 characters>")); piece != "" {
		t.Errorf("found %q in a text without", piece)
	}
}

// secretOf makes a credential of a rule. What a report may show of it is cut off.
func secretOf(t *testing.T, id, template string, seed uint64) (text, hidden string) {
	t.Helper()
	for _, r := range rules.Builtin() {
		if r.ID == id {
			text, err := r.Expand(template, seed)
			if err != nil {
				t.Fatal(err)
			}
			return text, text[strings.LastIndexAny(text, "_-")+1:]
		}
	}
	t.Fatalf("there is no rule %q", id)
	return "", ""
}

// assayIn runs the program in a folder.
func runIn(t *testing.T, dir, stdin string, args ...string) (exit int, said []byte) {
	t.Helper()
	t.Chdir(dir)
	var out bytes.Buffer
	a := &app{name: "assay", stdin: strings.NewReader(stdin), stdout: &out, stderr: &out, getenv: os.Getenv, environ: os.Environ, now: time.Now}
	exit = a.run(t.Context(), args)
	return exit, out.Bytes()
}

// Whatever is wrong with a file that somebody else wrote, the message about it does not
// quote a credential that stands there. @ is one.
func TestRedactMessages(t *testing.T) {
	const demo = "../../testdata/aws/demo.jsonl"
	inventory, err := filepath.Abs(demo)
	if err != nil {
		t.Fatal(err)
	}
	scan := []string{"scan", "."}
	migrate := []string{"migrate", "--yes", "."}
	audit := []string{"audit", "--inventory", inventory, "-q", "--mutelist", "mute.yaml"}
	for _, test := range []struct {
		file, text string
		args       []string
	}{
		{".assay.toml", "@ = 1\n", scan},
		{".assay.toml", "[scan]\n\"@\" = 1\n", scan},
		{".assay.toml", "[@]\nx = 1\n", scan},
		{".assay.toml", "x = @\n", scan},
		{".assay.toml", "x = \"@\n", scan},
		{".assay.toml", "salt = 1@\n", scan},
		{".assay.toml", "[scan]\nfail-on = \"@\"\n", scan},
		{".assay.toml", "[scan]\nmin-confidence = \"@\"\n", scan},
		{".assay.toml", "[scan]\nexclude = \"@\"\n", scan},
		{".assay.toml", "[rules]\ndisable = [\"@\"]\n", scan},
		{".assay.toml", "[rules]\nfiles = [\"@.toml\"]\n", scan},
		{".assay.toml", "[audit]\nname-pattern = \"(@\"\n", []string{"audit", "--config", ".assay.toml", "--inventory", inventory, "-q"}},
		{".assay.toml", "[audit]\nnetworks = [\"@\"]\nfreeze = [\"@\"]\n", []string{"audit", "--config", ".assay.toml", "--inventory", inventory, "-q"}},
		{".gitleaks.toml", "[[rules]]\nid = \"@\"\nregex = '''(@'''\n", scan},
		{".gitleaks.toml", "[[rules]]\nid = \"a\"\nregex = '''(@'''\n", scan},
		{".gitleaks.toml", "[[rules]]\nid = \"a\"\nregex = '''x'''\nentropy = \"@\"\n", scan},
		{".gitleaks.toml", "[extend]\npath = \"@\"\n", scan},
		{".gitleaks.toml", "[allowlist]\nregexes = ['''[@''']\n", scan},
		{".gitleaks.toml", "@\n", scan},
		{".assayignore", "@\n", scan},
		{".assayignore", "path=a reason=\"b\" expires=@\n", scan},
		{".assayignore", "path=a @=b\n", scan},
		{".assayignore", "rule=@ path=\"a\n", scan},
		{".assayignore", "path=a reason=\"@\" owner=@\n", scan},
		{".assayignore", "path=a reason=\"@\" owner=@\n", []string{"ignore", "list"}},
		{".assayignore", "path=@ reason=\"@\"\n", []string{"ignore", "list", "--format", "jsonl"}},
		{".assayignore", "gap=@ reason=\"@\" expires=2020-01-01\n", []string{"ignore", "prune", "--expired"}},
		{"r.toml", ownRule, []string{"rules", "lint", "r.toml"}},
		{"r.toml", ownRule, []string{"rules", "test", "r.toml"}},
		{"b.jsonl", "{\"@\":1}\n", []string{"scan", ".", "--baseline", "b.jsonl"}},
		{"b.jsonl", "@\n", []string{"scan", ".", "--baseline", "b.jsonl"}},
		{"b.jsonl", "{\"fingerprint\":\"@\"}\n", []string{"scan", ".", "--baseline", "b.jsonl"}},
		{"b.json", `[{"RuleID":"@","File":"@","Secret":"@","StartLine":"@"}]`, []string{"scan", ".", "--baseline", "b.json"}},
		{"b.json", `{"plugins_used":[],"results":{"@":[{"type":"@","hashed_secret":"@"}]}}`, []string{"scan", ".", "--baseline", "b.json"}},
		{".gitleaksignore", "@\na:@:b\n@:@:1\n", scan},
		{".gitguardian.yaml", "secret:\n  ignored_matches: @\n  ignored_paths: 1\n", migrate},
		{".gitguardian.yaml", "secret:\n  ignored_matches:\n  - @\n  - name: @\n    match: [@]\n", migrate},
		{".gitguardian.yaml", "secret:\n  ignored_detectors: [\"@\"]\n  ignored_matches:\n  - match: @\n", migrate},
		{".gitguardian.yaml", "@: [\n", migrate},
		{".gitguardian.yaml", "secret: &@ *@\n", migrate},
		{".talismanrc", "allowed_patterns: [\"(@\"]\n", migrate},
		{".talismanrc", "fileignoreconfig: @\n", migrate},
		{".talismanrc", "fileignoreconfig:\n- filename: \"@\"\n  checksum: @\n", migrate},
		{".secrets.baseline", `{"plugins_used":[],"results":{"@":[{"type":"@","hashed_secret":"@"}]}}`, migrate},
		{".gitleaksignore", "@\na:@:1\n", migrate},
		{"r.toml", "[[rule]]\nid = \"@\"\npattern = \"(@\"\n", []string{"rules", "lint", "r.toml"}},
		{"r.toml", "[[rule]]\nid = \"a\"\n@ = \"b\"\n", []string{"rules", "lint", "r.toml"}},
		{"r.json", `{"type":"@"}`, []string{"report", "--format", "text", "r.json"}},
		{"r.json", `{"version":"@","run":@}`, []string{"report", "--format", "text", "r.json"}},
		{"r.json", `{"findings":"@","severity":"@"}`, []string{"report", "--format", "text", "r.json"}},
		{"i.jsonl", `{"type":"@"}`, []string{"audit", "--inventory", "i.jsonl"}},
		{"i.jsonl", `{"type":"inventory","@":1}`, []string{"audit", "--inventory", "i.jsonl"}},
		{"i.jsonl", `@`, []string{"audit", "--inventory", "i.jsonl"}},
		{"mute.yaml", "Mutelist: @\n", audit},
		{"mute.yaml", "Mutelist:\n  Accounts:\n    \"@\":\n      Checks: @\n", audit},
		{"mute.yaml", "Mutelist:\n  Accounts:\n    \"*\":\n      Checks:\n        \"*\":\n          Regions: [\"*\"]\n          Resources: [\"(@\"]\n", audit},
		{"mute.yaml", "@: [\n", audit},
		{"h.db", "SQLite @", []string{"audit", "history", "h.db"}},
		{".pre-commit-config.yaml", "repos: @\n", []string{"hook", "install", "--manager", "pre-commit"}},
		{"a.txt", "x\n", []string{"explain", "@"}},
		{"a.txt", "x\n", []string{"ignore", "add", "@", "--reason", "x"}},
		{"a.txt", "x\n", []string{"@"}},
		{"a.txt", "x\n", []string{"scan", "@"}},
		{"a.txt", "x\n", []string{"scan", ".", "--@"}},
		{"a.txt", "x\n", []string{"scan", ".", "--fail-on", "@"}},
		{"a.txt", "x\n", []string{"scan", ".", "--range", "@..HEAD"}},
		{"a.txt", "x\n", []string{"audit", "--alert", "https://example.org:@/x", "--inventory", inventory, "-q"}},
		{"a.txt", "x\n", []string{"audit", "--alert", "ftp://u:@@example.org/@", "--inventory", inventory, "-q"}},
	} {
		t.Run(test.file+" "+test.text[:min(len(test.text), 30)]+" "+test.args[0], func(t *testing.T) {
			redactMessage(t, test.file, test.text, test.args)
		})
	}
}

// redactMessage runs the command in a folder with a file, and expects it to say something
// that shows nothing of what stands in the place of @.
func redactMessage(t *testing.T, file, content string, args []string) {
	t.Helper()
	dir := t.TempDir()
	text, hidden := secretOf(t, "github-personal-access-token", "ghp_{base62:30}{seal}", 7)
	fill := func(s string) string { return strings.ReplaceAll(s, "@", text) }
	if err := os.WriteFile(filepath.Join(dir, file), []byte(fill(content)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	args = slices.Clone(args)
	for i := range args {
		args[i] = fill(args[i])
	}
	_, said := runIn(t, dir, fill("refs/heads/@ @ @ @\n"), args...)
	if len(said) == 0 {
		t.Error("nothing was said")
	}
	if piece := newHunt(hidden).in(said); piece != "" {
		t.Errorf("%q is in\n%s", piece, said)
	}
}

// ownRule is the file of a rule that finds acmex_ and digits; @ stands wherever prose does.
const ownRule = "[[rule]]\nid = \"acme-token\"\ntitle = \"Acme @ key\"\ntext = \"As in @\"\nseverity = \"high\"\nconfidence = \"high\"\n" +
	"prefixes = [\"acmex_\"]\npattern = \"acmex_[0-9]{20}\"\nremedy = \"Revoke @\"\nreferences = [\"https://example.org/@\"]\nexamples = [\"@\"]\n"

// formatsIn scans a folder and returns what is said, and what is written in every format.
func formatsIn(t *testing.T, dir string, flags ...string) []byte {
	t.Helper()
	room := t.TempDir()
	args := append([]string{"scan", "."}, flags...)
	for _, f := range scanFormats() {
		args = append(args, "--report", f.Name+"="+filepath.Join(room, f.Name))
	}
	exit, said := runIn(t, dir, "", args...)
	if exit != exitFindings {
		t.Fatalf("exit %d: %s", exit, said)
	}
	for _, f := range scanFormats() {
		text, err := os.ReadFile(filepath.Join(room, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		said = append(append(said, '\n'), text...)
	}
	return said
}

// A rule of the scanned tree shows no credential by what it says of itself.
func TestRedactOwnRules(t *testing.T) {
	dir := t.TempDir()
	text, hidden := secretOf(t, "github-personal-access-token", "ghp_{base62:30}{seal}", 11)
	for name, content := range map[string]string{
		".assay.toml": "[rules]\nfiles = [\"r.toml\"]\n[scan]\nonly = [\"acme-token\"]\n",
		"r.toml":      strings.ReplaceAll(ownRule, "@", text), "a.txt": "k = acmex_" + strings.Repeat("31337", 4) + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said := formatsIn(t, dir)
	if piece := newHunt(hidden).in(said); piece != "" || !strings.Contains(string(said), "acme-token") {
		t.Errorf("%q is in\n%.2000s", piece, said)
	}
}

// Who switches a rule off gets no finding of it, and what it would find is hidden all the
// same where another's line is shown.
func TestRedactSwitchedOff(t *testing.T) {
	token, hidden := secretOf(t, "github-personal-access-token", "ghp_{base62:30}{seal}", 12)
	password := strings.Join([]string{"wz!Kq", "7Rt#", "vB2x"}, "")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.env"), []byte("password=\""+password+"\" token="+token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(config, []byte("[rules]\ndisable = [\"generic-password\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, flags := range [][]string{{"--disable", "generic-password"}, {"--only", "github-personal-access-token"}, {"--config", config}} {
		said := formatsIn(t, dir, flags...)
		if piece := newHunt(hidden, password).in(said); piece != "" {
			t.Errorf("%v: %q is in what was said", flags, piece)
		}
		if strings.Contains(string(said), `"rule_id":"generic-password"`) || !strings.Contains(string(said), `<13 characters>`) {
			t.Errorf("%v: the rule is not off, or the excerpt is not shown", flags)
		}
	}
}

// An error that quotes a file of the tree moves no cursor.
func TestComplainInert(t *testing.T) {
	for name, content := range map[string]string{
		".assay.toml":    "[rules]\nfiles = [\"\\u001b[31m\\u202e.toml\"]\n",
		".gitleaks.toml": "[[rules]]\nid = \"a\"\nregex = \"(\\u001b[31m\\u202e\"\n",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		exit, said := runIn(t, dir, "", "scan", ".")
		if exit != exitUsage || strings.ContainsAny(string(said), "\x1b\u202e") || !strings.Contains(string(said), `\u202e`) {
			t.Errorf("%s: exit %d: %q", name, exit, said)
		}
	}
}

// No file that a run writes holds a credential, in any format and at any verbosity:
// the reports, both streams, the state, the caches, and what is left in the folder for
// temporary files.
func TestRedactRuns(t *testing.T) {
	var all []string
	next := func() string {
		text, hidden := secretOf(t, "github-personal-access-token", "ghp_{base62:30}{seal}", uint64(100+len(all)))
		if len(all)%3 == 2 {
			text, hidden = secretOf(t, "gitlab-personal-access-token", "glpat-{base62:20}", uint64(100+len(all)))
		}
		all = append(all, hidden)
		return text
	}
	var paths []string
	dir := plantedRepository(t, next, func() string {
		text := next()
		paths = append(paths, all[len(all)-1])
		return text
	})
	h := newHunt(all...)
	inState := newHunt(slices.DeleteFunc(slices.Clone(all), func(c string) bool { return slices.Contains(paths, c) })...)
	for _, flags := range [][]string{
		{"--min-confidence", "high"}, {"--placeholders"}, {"--show-suppressed"}, {"--min-confidence", "placeholder", "--show-suppressed"}, {"-q"}, {"--history-only", "--format", "sarif"},
	} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			room := t.TempDir()
			t.Setenv("HOME", filepath.Join(room, "home"))
			t.Setenv("XDG_CACHE_HOME", filepath.Join(room, "cache"))
			t.Setenv("TMPDIR", filepath.Join(room, "tmp"))
			if err := os.Mkdir(filepath.Join(room, "tmp"), 0o700); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"scan", ".", "--min-confidence", "low", "--state", filepath.Join(room, "state")}, flags...)
			for _, f := range scanFormats() {
				args = append(args, "--report", f.Name+"="+filepath.Join(room, f.Name))
			}
			exit, said := runIn(t, dir, "", args...)
			if exit != exitFindings && exit != exitIncomplete {
				t.Fatalf("exit %d: %s", exit, said)
			}
			if piece := h.in(said); piece != "" {
				t.Errorf("%q is in what was said:\n%s", piece, said)
			}
			state, err := os.ReadFile(filepath.Join(room, "state"))
			if err != nil {
				t.Fatal(err)
			}
			if piece := inState.in(state); piece != "" {
				t.Errorf("%q is in the state", piece)
			}
			os.Remove(filepath.Join(room, "state"))
			holdNothing(t, h, room)
		})
	}
}

// scanFormats are those in which a scan is reported.
func scanFormats() []report.Format {
	return slices.DeleteFunc(slices.Clone(report.Formats), func(f report.Format) bool { return f.Name == "asff" })
}

// holdNothing looks into all files below a folder, and at their names.
func holdNothing(t *testing.T, h *hunt, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.Contains(path, "/tmp/") && strings.HasPrefix(path, filepath.Join(root, "tmp")) {
			t.Errorf("%s was left behind", path)
		}
		text, err := os.ReadFile(path)
		if piece := h.in(append([]byte(path), text...)); piece != "" {
			_, around, _ := strings.Cut(folded(text), piece)
			t.Errorf("%q is in %s, before %.100s", piece, path, around)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// plantedRepository makes a repository with a credential in each place whose text a
// report can show. Those that path makes stand in paths of files that are committed.
func plantedRepository(t *testing.T, next, path func() string) string {
	t.Helper()
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
			"GIT_AUTHOR_NAME=Author " + next(), "GIT_AUTHOR_EMAIL=" + next() + "@example.org", "GIT_COMMITTER_NAME=C " + next(), "GIT_COMMITTER_EMAIL=c@example.org",
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	write := func(name string, content []byte) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q", "-b", "main")
	first, again := next(), next()
	write("a.txt", []byte("one = "+first+"; two = "+next()+" three\n<b>"+next()+"</b>\n"))
	write("coats.yaml", []byte("a: "+base64.StdEncoding.EncodeToString([]byte("key: "+next()))+"\nb: \""+hex.EncodeToString([]byte("key "+next()))+"\"\n"))
	write("copies.txt", []byte(again+again+"\n"+first[:20]+"\n"+again+"\n"))
	write("allowed.txt", []byte("k = "+next()+" # assay:"+"allow\n"))
	write(path()+"/"+path()+".txt", []byte("x\n"))
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	member, err := z.Create(next() + "/" + next())
	if err == nil {
		_, err = member.Write([]byte("key = " + next() + "\n"))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	write("a.zip", archive.Bytes())
	write("broken "+path()+".zip", archive.Bytes()[:archive.Len()-30])
	write(".assayignore", []byte("path=a.txt reason=\""+next()+"\" owner="+next()+"\npath=gone-"+next()+" reason=\"x\"\n"))
	git("add", ".")
	git("commit", "-q", "-m", "message with "+next())
	write("late.txt", []byte("key = "+next()+"\n"))
	git("add", ".")
	git("commit", "-q", "-m", "late")
	git("rm", "-q", "late.txt")
	git("commit", "-q", "-m", "gone, "+next())
	git("branch", next())
	git("tag", "-a", "-m", "tag with "+next(), next())
	git("notes", "add", "-m", "note with "+next())
	git("config", "remote."+next()+".url", "https://user:"+next()+"@example.org/")
	write(".git/refs/heads/"+next(), []byte(strings.Repeat("1", 40)+"\n"))
	write(".git/logs/refs/heads/"+next(), []byte("no reflog "+next()+"\n"))
	return dir
}

// No report shows a credential of any rule. What it shows where other credentials
// were planted is no part of one.
func TestRedactRules(t *testing.T) {
	reports := func(seed uint64) (hidden []string, said []byte) {
		dir, room := t.TempDir(), t.TempDir()
		set, err := rules.Compile(rules.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range rules.Builtin() {
			if testing.Short() && i%4 > 0 {
				continue
			}
			for j, example := range r.Examples[:1] {
				text, err := r.Expand(example, seed)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range set.Find(nil, []byte(text)) {
					hidden = append(hidden, string(m.Value([]byte(text))[m.Public:]))
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d-%d.txt", i, j)), []byte(text+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		args := []string{"scan", ".", "--min-confidence", "placeholder"}
		for _, f := range scanFormats() {
			args = append(args, "--report", f.Name+"="+filepath.Join(room, f.Name))
		}
		exit, said := runIn(t, dir, "", args...)
		if exit != exitFindings {
			t.Fatalf("exit %d: %s", exit, said)
		}
		for _, f := range scanFormats() {
			text, err := os.ReadFile(filepath.Join(room, f.Name))
			if err != nil {
				t.Fatal(err)
			}
			said = append(append(said, '\n'), text...)
		}
		return hidden, said
	}
	hidden, said := reports(1)
	_, others := reports(2)
	h := newHunt(hidden...)
	h.forget(others) // words of the rules themselves
	if len(h.pieces) < 50*len(hidden) {
		t.Errorf("%d pieces of %d credentials are looked for", len(h.pieces), len(hidden))
	}
	if piece := h.in(said); piece != "" {
		_, around, _ := strings.Cut(folded(said), piece)
		t.Errorf("%q of a credential is in a report, before %.100s", piece, around)
	}
}

// A message that quotes a URL hides its password, and says its own words.
func TestMasked(t *testing.T) {
	url, _ := secretOf(t, "url-password", "https://deploy:{base62:18}@git.example.org/app.git", 3)
	_, password, _ := strings.Cut(url, "deploy:")
	password, _, _ = strings.Cut(password, "@")
	const words = "--secret judges one secret, and password: nothing of "
	got := masked(words + url + " is there")
	if newHunt(password).in([]byte(got)) != "" || !strings.HasPrefix(got, words) || !strings.HasSuffix(got, " is there") {
		t.Errorf("%q", got)
	}
}
