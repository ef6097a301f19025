package main

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A shop is a registry with our packages, and a folder of a user's project.
type shop struct {
	server *httptest.Server
	dir    string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: the packages of this test are for Linux")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("SKIPPED: npm is not here")
	}
	folder := filepath.Join(built(t), "npm")
	s := &shop{dir: t.TempDir()}
	files := http.FileServer(http.Dir(folder))
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".tgz") {
			files.ServeHTTP(w, r)
			return
		}
		name := strings.ReplaceAll(strings.TrimPrefix(r.URL.Path, "/@"), "/", "-") + "-" + testVersion + ".tgz"
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Write(s.listing(t, folder, name, data))
	}))
	t.Cleanup(s.server.Close)
	writeFile(t, []byte(`{"name":"user","private":true}`), s.dir, "package.json")
	return s
}

func writeFile(t *testing.T, text []byte, name ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(name...), text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// listing is what a registry says of a package.
func (s *shop) listing(t *testing.T, folder, name string, data []byte) []byte {
	manifest := map[string]any{}
	if err := json.Unmarshal(unpacked(t, filepath.Join(folder, name))["package.json"], &manifest); err != nil {
		t.Error(err)
	}
	sum := sha512.Sum512(data)
	manifest["dist"] = map[string]string{"tarball": s.server.URL + "/" + name, "integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:])}
	text, err := json.Marshal(map[string]any{
		"name": manifest["name"], "dist-tags": map[string]string{"latest": testVersion}, "versions": map[string]any{testVersion: manifest},
	})
	if err != nil {
		t.Error(err)
	}
	return text
}

func (s *shop) command(t *testing.T, program string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = s.dir
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "npm_config_registry=" + s.server.URL, "npm_config_cache=" + filepath.Join(temp, "npm-cache"),
		"npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false", "npm_config_ignore_scripts=true"}
	return c
}

func (s *shop) run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := s.command(t, program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// From a registry, npm takes the package of this platform alone, runs no script, and the
// program works as if it had been started itself.
func TestNPM(t *testing.T) {
	s := newShop(t)
	s.run(t, "npm", "install", npmName)
	installed, err := filepath.Glob(filepath.Join(s.dir, "node_modules", "@assayhq", "*"))
	if err != nil || len(installed) != 2 {
		t.Errorf("npm installed %v, %v", installed, err)
	}
	if got := s.run(t, "npx", "--no-install", "assay", "version"); !strings.HasPrefix(got, "assay "+testVersion+" go") {
		t.Errorf("npx assay version: %q", got)
	}
	assay := filepath.Join(s.dir, "node_modules", ".bin", "assay")
	c := s.command(t, assay, "scan", "--no-such-flag")
	if out, _ := c.CombinedOutput(); c.ProcessState.ExitCode() != 2 {
		t.Errorf("exit code %d: %s", c.ProcessState.ExitCode(), out)
	}
	c = s.command(t, assay, "scan", "-")
	c.Stdin = strings.NewReader("nothing to see\n")
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "Clean") {
		t.Errorf("standard input does not get through: %v\n%s", err, out)
	}
	s.checkSignal(t, assay)
}

// A signal to the wrapper reaches the program, whose exit code is the wrapper's.
func (s *shop) checkSignal(t *testing.T, assay string) {
	c := s.command(t, assay, "scan", "-")
	var said bytes.Buffer
	in, err := c.StdinPipe()
	c.Stdout, c.Stderr = &said, &said
	if err := errors.Join(err, c.Start()); err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	// More than a pipe holds: when it is written, the program has begun to read.
	if _, err := in.Write(bytes.Repeat([]byte("nothing to see\n"), 1<<16)); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// Where it waits for input that does not come, only the signal can end it.
	if err := c.Wait(); c.ProcessState.ExitCode() != 130 {
		t.Errorf("after a signal: %v\n%s", err, said.String())
	}
}

// Tarballs are enough, without any registry. Without the package of the platform the
// wrapper says so in a line.
func TestNPMTarballs(t *testing.T) {
	s := newShop(t)
	s.server.Close()
	folder := filepath.Join(built(t), "npm")
	front := filepath.Join(folder, "assayhq-assay-"+testVersion+".tgz")
	platform := filepath.Join(folder, strings.ReplaceAll(strings.TrimPrefix(testTargets()[0].npmName(), "@"), "/", "-")+"-"+testVersion+".tgz")
	s.run(t, "npm", "install", "--offline", front, platform)
	if got := s.run(t, "npx", "--no-install", "assay", "version"); !strings.HasPrefix(got, "assay "+testVersion+" go") {
		t.Errorf("npx assay version: %q", got)
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "node_modules", filepath.FromSlash(testTargets()[0].npmName()))); err != nil {
		t.Fatal(err)
	}
	c := s.command(t, filepath.Join(s.dir, "node_modules", ".bin", "assay"), "version")
	out, _ := c.CombinedOutput()
	if c.ProcessState.ExitCode() != 2 || !strings.HasPrefix(string(out), "assay: the package "+testTargets()[0].npmName()+" is not installed: ") || strings.Count(string(out), "\n") != 1 {
		t.Errorf("exit code %d: %s", c.ProcessState.ExitCode(), out)
	}
}
