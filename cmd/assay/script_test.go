package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"assay": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}})
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
//	lean MEGABYTES ARGS...       run assay and want it to take no more memory
//	fakeaws [FAULT [REGION]]     serve the demo of package fakeaws, with a fault if one is named
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("..", "..", "testdata", "script"),
		Setup: cleanEnvironment,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"coat": coatFile, "expand": expandFiles, "git": git, "corrupt": corrupt, "grow": grow, "fifo": fifo, "code": code,
			"fakeaws": serveAWS, "judged": judged, "print": setPrint, "pack": pack, "bomb": bomb, "lean": lean,
		},
	})
}

func cleanEnvironment(e *testscript.Env) error {
	e.Setenv("HOME", filepath.Join(e.WorkDir, ".home"))
	for key, value := range map[string]string{
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1",
		"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_AUTHOR_DATE": "2024-05-06T07:08:09Z",
		"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com", "GIT_COMMITTER_DATE": "2024-05-06T07:08:09Z",
		"NO_COLOR": "1",
	} {
		e.Setenv(key, value)
	}
	return nil
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
	ts.Setenv("AWS_ENDPOINT_URL", server.URL)
	ts.Setenv("AWS_ACCESS_KEY_ID", keys.AccessKeyID)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", keys.SecretAccessKey)
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
