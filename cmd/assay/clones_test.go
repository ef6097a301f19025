package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// cloneFrom runs a scan of what a server has that answers requests for packs by pack.
func cloneFrom(ctx context.Context, t *testing.T, token string, pack http.HandlerFunc) (exit int, report string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
			pack(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		line := strings.Repeat("a", 40) + " refs/heads/a\x00side-band-64k"
		fmt.Fprintf(w, "%04x%s0000", len(line)+4, line)
	}))
	defer server.Close()
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	if runtime.GOOS != "windows" { // a run that was killed left it
		writeFile(t, nil, temporary, "assay-clones-17", "x.git", "HEAD")
		if err := os.Chmod(filepath.Join(temporary, "assay-clones-17"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	getenv := func(name string) string { return map[string]string{"ASSAY_GIT_TOKEN": token}[name] }
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: io.Discard, getenv: getenv, environ: func() []string { return nil }, now: time.Now}
	exit = a.run(ctx, []string{"scan", "--clone", server.URL + "/x", "--format", "json"})
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	return exit, out.String()
}

// TestCloneRefused: whatever a server says, the token that it was sent is not shown, nor
// a part of it.
func TestCloneRefused(t *testing.T) {
	for before, token := range map[string]string{
		"not ": strings.Repeat("q7", 20), strings.Repeat("x", 185): strings.Repeat("q7", 20), strings.Repeat("x", 270): strings.Repeat("q7", 20),
		"nor ": "q7q7",
	} {
		exit, report := cloneFrom(t.Context(), t, token, func(w http.ResponseWriter, r *http.Request) {
			_, head, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			line := "ERR " + before + token + " " + head + strings.Repeat(" no", 1000)
			fmt.Fprintf(w, "%04x%s", len(line)+4, line)
		})
		if exit != exitIncomplete || strings.Contains(report, "q7q7") || strings.Contains(report, "cTdx") || !strings.Contains(report, "the server refuses: ") || len(report) > 1<<20 || strings.Count(report, " no no") > 50 {
			t.Errorf("after %d bytes: exit %d: %s", len(before), exit, report)
		}
	}
}

// TestCloneInterrupted: a run that is stopped while it fetches the last repository says so,
// and leaves nothing behind.
func TestCloneInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	exit, report := cloneFrom(ctx, t, "", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // behind which the server looks whether somebody is there
		stop()
		<-r.Context().Done()
	})
	if exit != exitInterrupted || !strings.Contains(report, `"interrupted":true`) {
		t.Errorf("exit %d: %s", exit, report)
	}
}
