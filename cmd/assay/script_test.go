package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/faults"
)

func TestMain(m *testing.M) {
	faults.Launch()
	program := func() {
		code := run(stoppable(context.Background()), os.Args[0], os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
		if name := os.Getenv(peakFile); name != "" {
			os.WriteFile(name, strconv.AppendInt(nil, peak(), 10), 0o600) // lean misses it
		}
		os.Exit(code)
	}
	os.Setenv(raceOptions, atOnce) // for the programs that tests start
	testscript.Main(faults.Leakless(m), map[string]func(){"assay": program, gitleaksName: program})
}

// The scripts under testdata/script are transcripts of the program at work.
// Besides the commands of testscript they know
//
//	expand [STRUCTURE] FILE...   fill the templates in files (see rules/builtin/README.md);
//	                             {assay:allow} is a seam: no password stands in a script in one piece, and it
//	                             is gone where the program looks
//	coat HOW PART FILE           put PART, filled in and encoded, where FILE says @PART@
//	coat utf16 FILE              encode FILE as Windows does
//	git ARGS...                  run git, apart from any configuration of this machine
//	corrupt FILE                 flip the bits of the byte in the middle
//	grow FILE MEGABYTES          append lines of harmless text
//	fifo FILE                    make a FIFO
//	code N ARGS...               run assay and want exit code N
//	judged FILE                  run assay on what is below and compare with how FILE says each line is judged
//	print PATH                   set PRINT to the fingerprint of the first finding in PATH, SHORT to its first digits
//	pack ARCHIVE FILE...         pack files into .gz, .xz, .zst (one file), .tar, .tgz, .zip or .jar, and remove them
//	bomb ARCHIVE MEGABYTES       pack zeros into .gz, .xz or .zst
//	leaks NUMBER                 commit so many files, each with a credential of its own
//	lean MEGABYTES ARGS...       run assay and want it to take no more memory
//	source FOLDER                copy what a user of this repository builds, and have go build it without a network
//	fakeaws [FAULT [REGION]]     serve the demo of package fakeaws, with a fault if one is named; TOPIC is a topic in it,
//	                             SECURITY_ID and SECURITY_KEY are the key of who may ask its organization
//	inbox FILE                   write what Security Hub, SNS and EventBridge of fakeaws took, a message a line
//	gitserver FOLDER             serve the repositories in FOLDER over HTTP as git does, at GITSERVER
//	webhook FILE                 serve an address, WEBHOOK, that adds what it gets to FILE
//
// DEMO is the inventory that newcomers try.
//
// The condition lacks:PROGRAM says that a program of others is neither on PATH nor in
// the folders of ASSAY_PROGRAMS; where CI is true, that is an error.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:       filepath.Join("..", "..", "testdata", "script"),
		Setup:     cleanEnvironment,
		Condition: lacks,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"coat": coatFile, "expand": expandFiles, "git": git, "corrupt": corrupt, "grow": grow, "fifo": fifo, "code": code,
			"fakeaws": serveAWS, "judged": judged, "print": setPrint, "pack": pack, "bomb": bomb, "lean": lean, "source": copySource, "leaks": leaks,
			"inbox": readInbox, "webhook": serveWebhook,
			"gitserver": serveGit,
		},
	})
}

// A program that the race detector watches sleeps a second before it ends, so that
// goroutines can still be caught: too long for a thousand programs.
const (
	raceOptions = "GORACE"
	atOnce      = "atexit_sleep_ms=0"
)

// outsidePrograms is a list of folders, as PATH is one, with the programs of others
// that some scripts run.
const outsidePrograms = "ASSAY_PROGRAMS"

// lacks answers the condition lacks:PROGRAM.
func lacks(condition string) (bool, error) {
	name, ok := strings.CutPrefix(condition, "lacks:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", condition)
	}
	if _, err := exec.LookPath(name); err == nil {
		return false, nil
	}
	for _, dir := range filepath.SplitList(os.Getenv(outsidePrograms)) {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return false, nil
		}
	}
	if os.Getenv("CI") == "true" {
		return false, fmt.Errorf("there is no %s, and %s names no folder with it", name, outsidePrograms)
	}
	return true, nil
}

func cleanEnvironment(e *testscript.Env) error {
	e.Setenv("HOME", filepath.Join(e.WorkDir, ".home"))
	if dirs := os.Getenv(outsidePrograms); dirs != "" {
		e.Setenv("PATH", e.Getenv("PATH")+string(filepath.ListSeparator)+dirs)
	}
	demo, err := filepath.Abs(filepath.Join("..", "..", "testdata", "aws", "demo.jsonl"))
	if err != nil {
		return err
	}
	for key, value := range map[string]string{
		"DEMO":              demo,
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1",
		"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_AUTHOR_DATE": "2024-05-06T07:08:09Z",
		"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com", "GIT_COMMITTER_DATE": "2024-05-06T07:08:09Z",
		"NO_COLOR": "1", raceOptions: atOnce,
	} {
		e.Setenv(key, value)
	}
	return nil
}

// leaks commits files with a credential each, half of which a later commit takes away.
func leaks(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	rule := rules.Rule{Rule: report.Rule{ID: "script"}, Structure: "github"}
	for i := range n {
		text, err := rule.Expand(fmt.Sprintf("old_%d = ghp_{base62:30}{seal}\n", i), uint64(i))
		ts.Check(err)
		name := fmt.Sprintf("old/%d.txt", i)
		ts.Check(os.MkdirAll(ts.MkAbs("old"), 0o777))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o666))
		ts.Check(ts.Exec("git", "add", name))
		ts.Check(ts.Exec("git", "commit", "-q", "-m", fmt.Sprintf("work %d", i)))
		if i%2 == 1 {
			ts.Check(ts.Exec("git", "rm", "-q", name))
		}
	}
	ts.Check(ts.Exec("git", "commit", "-q", "-m", "tidy up"))
}

func expandFiles(ts *testscript.TestScript, neg bool, args []string) {
	rule := rules.Rule{Rule: report.Rule{ID: "script"}}
	for _, arg := range args {
		if _, err := os.Stat(ts.MkAbs(arg)); err != nil {
			rule.Structure = arg
			continue
		}
		text, err := rule.Expand(ts.ReadFile(arg), 1)
		ts.Check(err)
		text = strings.ReplaceAll(text, "{assay:allow}", "")
		ts.Check(os.WriteFile(ts.MkAbs(arg), []byte(text), 0o666))
	}
}

// coatFile encodes a text. "coat HOW PART FILE" puts the file PART, filled in and
// encoded, into the place of @PART@ in FILE; "coat utf16 FILE" encodes FILE.
func coatFile(ts *testscript.TestScript, neg bool, args []string) {
	rule := rules.Rule{Rule: report.Rule{ID: "script"}, Structure: "github"}
	text, err := rule.Expand(strings.TrimSuffix(ts.ReadFile(args[1]), "\n"), 1)
	ts.Check(err)
	coated := ""
	switch how := args[0]; how {
	case "utf16":
		coated = "\xff\xfe"
		for _, u := range utf16.Encode([]rune(text)) {
			coated += string([]byte{byte(u), byte(u >> 8)})
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(coated), 0o666))
		return
	case "base64":
		coated = base64.StdEncoding.EncodeToString([]byte(text))
	case "lines":
		lines := slices.Collect(slices.Chunk([]byte(base64.StdEncoding.EncodeToString([]byte(text))), 64))
		coated = string(bytes.Join(lines, []byte("\n      ")))
	default:
		for _, b := range []byte(text) {
			coated += fmt.Sprintf(how, b)
		}
	}
	whole := strings.ReplaceAll(ts.ReadFile(args[2]), "@"+args[1]+"@", coated)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(whole), 0o666))
}

func git(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("git", args...)
	if (err != nil) != neg {
		ts.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
}

// setPrint scans a path and remembers a fingerprint.
func setPrint(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(ts.Exec("assay", "scan", "-q", "--exit-zero", "--format", "jsonl", args[0]))
	_, print, ok := strings.Cut(ts.ReadFile("stdout"), `"fingerprint":"`)
	if !ok {
		ts.Fatalf("nothing is found in %s", args[0])
	}
	print, _, _ = strings.Cut(print, `"`)
	ts.Setenv("PRINT", print)
	ts.Setenv("SHORT", strings.TrimPrefix(print, "assay/v1:")[:8])
}

// judged reads a file of lines "path:line confidence", scans what lies beside it,
// and wants just that: nothing else reported, nothing missing.
func judged(ts *testscript.TestScript, neg bool, args []string) {
	want := map[string]bool{}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		want[strings.TrimSpace(line)] = true
	}
	out := args[0] + ".jsonl"
	ts.Check(ts.Exec("assay", "scan", "-q", "--no-config", "--exit-zero", "--min-confidence", "placeholder", "--exclude", args[0], "--report", "jsonl="+out, "."))
	got := places(ts, ts.ReadFile(out))
	ts.Check(os.Remove(ts.MkAbs(out)))
	if maps.Equal(want, got) {
		return
	}
	for _, place := range slices.Sorted(maps.Keys(want)) {
		if !got[place] {
			ts.Logf("missing: %s", place)
		}
	}
	for _, place := range slices.Sorted(maps.Keys(got)) {
		if !want[place] {
			ts.Logf("not wanted: %s", place)
		}
	}
	ts.Fatalf("judged otherwise than %s says", args[0])
}

// places returns "path:line confidence" of all that a report in JSON Lines holds.
func places(ts *testscript.TestScript, lines string) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(lines) {
		var record struct {
			Confidence  string
			Occurrences []struct {
				Path   string
				Region struct {
					Line int `json:"start_line"`
				}
			}
		}
		ts.Check(json.Unmarshal([]byte(line), &record))
		for _, o := range record.Occurrences {
			all[fmt.Sprintf("%s:%d %s", o.Path, o.Region.Line, record.Confidence)] = true
		}
	}
	return all
}

// copySource copies the module, without tests' data, as it is now.
func copySource(ts *testscript.TestScript, neg bool, args []string) {
	root := filepath.Join("..", "..")
	ts.Check(filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		to := filepath.Join(ts.MkAbs(args[0]), rel)
		switch {
		case e.IsDir() && (e.Name() == ".git" || e.Name() == "testdata"):
			return filepath.SkipDir
		case e.IsDir():
			return os.MkdirAll(to, 0o777)
		case strings.HasSuffix(name, "_test.go") || !e.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o666)
	}))
	for _, name := range []string{"GOMODCACHE", "GOCACHE"} {
		out, err := exec.Command("go", "env", name).Output()
		ts.Check(err)
		ts.Setenv(name, strings.TrimSpace(string(out)))
	}
	ts.Setenv("GOPROXY", "off")
	ts.Setenv("GOFLAGS", "-buildvcs=false")
}

func corrupt(ts *testscript.TestScript, neg bool, args []string) {
	name := ts.MkAbs(args[0])
	ts.Check(os.Chmod(name, 0o666))
	data, err := os.ReadFile(name)
	ts.Check(err)
	data[len(data)/2] ^= 0xff
	ts.Check(os.WriteFile(name, data, 0o666))
}

func grow(ts *testscript.TestScript, neg bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_WRONLY, 0)
	ts.Check(err)
	defer f.Close()
	megabyte := strings.Repeat(strings.Repeat("all work and no play ", 3)+"\n", 1<<14)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for range n {
		_, err := f.WriteString(megabyte)
		ts.Check(err)
	}
}

func fifo(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(exec.Command("mkfifo", ts.MkAbs(args[0])).Run())
}

func serveAWS(ts *testscript.TestScript, neg bool, args []string) {
	cloud := fakeaws.New(fakeaws.Options{})
	account := fakeaws.Demo(cloud)
	server, err := fakeaws.Start(cloud)
	ts.Check(err)
	ts.Defer(func() { server.Close() })
	if len(args) > 0 {
		scope := fakeaws.Scope{}
		if len(args) > 1 {
			scope.Region = args[1]
		}
		_, err := cloud.Inject(args[0], scope)
		ts.Check(err)
	}
	keys := account.User("auditor")
	topic := account.ARN("sns", "eu-west-1", "alerts")
	account.Region("eu-west-1").Topics = []string{topic}
	ts.Setenv("TOPIC", topic)
	ts.Setenv(cloudVariable, server.URL)
	clouds.Store(server.URL, cloud)
	ts.Setenv("AWS_ENDPOINT_URL", server.URL)
	ts.Setenv("AWS_ACCESS_KEY_ID", keys.AccessKeyID)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", keys.SecretAccessKey)
	security := cloud.Account(fakeaws.DemoSecurity).User("auditor") // who may ask the organization
	ts.Setenv("SECURITY_ID", security.AccessKeyID)
	ts.Setenv("SECURITY_KEY", security.SecretAccessKey)
	ts.Setenv("AWS_REGION", "eu-west-1")
	ts.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	want := args[0]
	err := ts.Exec("assay", args[1:]...)
	got := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		got = strings.TrimPrefix(exit.Error(), "exit status ")
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("assay %s: exit code %s, want %s", strings.Join(args[1:], " "), got, want)
	}
}

// clouds are those that scripts are served, by address. A script knows its own by a
// variable.
var clouds sync.Map

const cloudVariable = "FAKEAWS"

func readInbox(ts *testscript.TestScript, neg bool, args []string) {
	cloud, ok := clouds.Load(ts.Getenv(cloudVariable))
	if !ok {
		ts.Fatalf("fakeaws comes first")
	}
	var b bytes.Buffer
	for _, m := range cloud.(*fakeaws.Cloud).Received() {
		fmt.Fprintf(&b, "%s %s %q %s\n", m.To, m.Region, m.Subject, m.Body)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o666))
}

func serveGit(ts *testscript.TestScript, neg bool, args []string) {
	path, err := exec.LookPath("git")
	ts.Check(err)
	server := httptest.NewServer(&cgi.Handler{Path: path, Args: []string{"http-backend"}, Env: []string{
		"GIT_PROJECT_ROOT=" + ts.MkAbs(args[0]), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
	}})
	ts.Defer(server.Close)
	ts.Setenv("GITSERVER", server.URL)
}

func serveWebhook(ts *testscript.TestScript, neg bool, args []string) {
	name := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(name, nil, 0o666))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/moved") {
			http.Redirect(w, r, "/elsewhere", http.StatusPermanentRedirect)
			return
		}
		body, err := io.ReadAll(r.Body)
		f, openErr := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil || openErr != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		defer f.Close()
		fmt.Fprintf(f, "%s %s\n", r.URL.Path, body)
	}))
	ts.Defer(server.Close)
	ts.Setenv("WEBHOOK", server.URL)
}
