package fetch

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// git runs git, apart from any configuration of this machine.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("git", append([]string{"-C", dir}, args...)...)
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "HOME="+t.TempDir(),
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// sample makes a repository with a branch, a tag, notes and a ref of none of them.
func sample(t *testing.T, format string) string {
	dir := t.TempDir()
	git(t, dir, "init", "-q", "--object-format="+format, "-b", "trunk", ".")
	for _, text := range []string{"one", "two", "three"} {
		if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte(strings.Repeat(text+"\n", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		git(t, dir, "add", ".")
		git(t, dir, "commit", "-q", "-m", text)
	}
	git(t, dir, "tag", "-a", "-m", "a tag", "v1")
	git(t, dir, "notes", "add", "-m", "a note")
	git(t, dir, "update-ref", "refs/pull/1/head", "HEAD~1")
	return dir
}

// serve serves the repositories in root as git does. version is the newest protocol
// that the server speaks.
func serve(t *testing.T, root, version string, guard func(http.Handler) http.Handler) *url.URL {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Skip("there is no git")
	}
	backend := &cgi.Handler{Path: path, Args: []string{"http-backend"}, Env: []string{
		"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
	}}
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if version == "0" {
			r.Header.Del("Git-Protocol")
		}
		backend.ServeHTTP(w, r)
	})
	if guard != nil {
		handler = guard(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestMirror compares what arrives with what git says is there, before and after the
// repository grew.
func TestMirror(t *testing.T) {
	for _, c := range []struct{ version, format string }{{"2", "sha1"}, {"0", "sha1"}, {"2", "sha256"}} {
		t.Run("version "+c.version+" "+c.format, func(t *testing.T) {
			from := sample(t, c.format)
			u := serve(t, filepath.Dir(from), c.version, nil).JoinPath(filepath.Base(from), ".git")
			to := filepath.Join(t.TempDir(), "mirror.git")
			mirror(t, u, to, from)
			git(t, from, "commit", "-q", "--allow-empty", "-m", "more")
			git(t, from, "branch", "another")
			git(t, from, "update-ref", "-d", "refs/pull/1/head")
			mirror(t, u, to, from)
			if packs, _ := filepath.Glob(filepath.Join(to, "objects", "pack", "*.pack")); len(packs) != 2 {
				t.Errorf("%d packs, want one of each run", len(packs))
			}
		})
	}
}

func mirror(t *testing.T, u *url.URL, to, from string) {
	t.Helper()
	r, err := Open(context.Background(), u, Options{Agent: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Mirror(context.Background(), to); err != nil {
		t.Fatal(err)
	}
	if out := git(t, to, "fsck", "--full", "--strict"); strings.Contains(out, "error") || strings.Contains(out, "missing") {
		t.Errorf("git fsck: %s", out)
	}
	for _, args := range [][]string{{"for-each-ref"}, {"rev-list", "--objects", "--all"}, {"symbolic-ref", "HEAD"}} {
		if got, want := git(t, to, args...), git(t, from, args...); got != want {
			t.Errorf("git %s:\n%s\nwant\n%s", args, got, want)
		}
	}
}

// TestMirrorLarge: objects that cannot be held, and that others are built on, arrive too.
func TestMirrorLarge(t *testing.T) {
	from := sample(t, "sha1")
	text := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{1}).Read(text)
	for range 3 {
		text = append(text, "more"...)
		if err := os.WriteFile(filepath.Join(from, "large"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		git(t, from, "add", ".")
		git(t, from, "commit", "-q", "-m", "large")
	}
	git(t, from, "gc", "-q")
	u := serve(t, filepath.Dir(from), "2", nil).JoinPath(filepath.Base(from), ".git")
	to := filepath.Join(t.TempDir(), "mirror.git")
	r, err := Open(t.Context(), u, Options{Agent: "test", Memory: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Mirror(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	git(t, to, "fsck", "--full", "--strict")
	if got, want := git(t, to, "rev-list", "--objects", "--all"), git(t, from, "rev-list", "--objects", "--all"); got != want {
		t.Errorf("objects:\n%s\nwant\n%s", got, want)
	}
	packs, _ := filepath.Glob(filepath.Join(to, "objects", "pack", "*.idx"))
	if deltas := git(t, to, "verify-pack", "-v", packs[0]); !strings.Contains(deltas, "chain length = 1") {
		t.Errorf("the server sent no deltas: %s", deltas)
	}
}

// TestToken: it goes to the host of the URL and to no host that this one redirects to.
func TestToken(t *testing.T) {
	from := sample(t, "sha1")
	name := filepath.Base(from)
	seen := map[string][]string{}
	watch := func(who string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, token, _ := r.BasicAuth()
				seen[who] = append(seen[who], token)
				next.ServeHTTP(w, r)
			})
		}
	}
	other := serve(t, filepath.Dir(from), "2", watch("other"))
	own := serve(t, filepath.Dir(from), "2", func(next http.Handler) http.Handler {
		return watch("own")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/moved/") {
				http.Redirect(w, r, other.String()+strings.TrimPrefix(r.URL.Path, "/moved")+"?"+r.URL.RawQuery, http.StatusMovedPermanently)
				return
			}
			next.ServeHTTP(w, r)
		}))
	})
	for _, path := range []string{"", "moved"} {
		r, err := Open(context.Background(), own.JoinPath(path, name, ".git"), Options{Token: "t0ken", Agent: "test"})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Mirror(context.Background(), filepath.Join(t.TempDir(), "m.git")); err != nil {
			t.Fatal(err)
		}
	}
	for _, token := range seen["own"] {
		if token != "t0ken" {
			t.Errorf("a request to the own host has the token %q", token)
		}
	}
	for _, token := range seen["other"] {
		if token != "" {
			t.Errorf("the token went to another host")
		}
	}
	if len(seen["own"]) != 4 || len(seen["other"]) != 3 {
		t.Errorf("%d requests to the own host, %d to the other; want 4 and 3", len(seen["own"]), len(seen["other"]))
	}
}

func TestConfidential(t *testing.T) {
	for text, want := range map[string]bool{
		"https://git.example/x": true, "http://git.example/x": false, "http://127.0.0.1:80/x": true, "http://[::1]/x": true, "http://localhost/x": true,
		"http://localhost.example/x": false,
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := confidential(u); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// TestHostile: whatever a server answers is an error of one repository, in time, and
// leaves the repository as it was.
func TestHostile(t *testing.T) {
	id := strings.Repeat("a", 40)
	advert := func(lines ...string) string {
		var w pktWriter
		w.line("# service=git-upload-pack")
		w.flush()
		for _, l := range lines {
			w.line("%s", l)
		}
		w.flush()
		return w.String()
	}
	endless := strings.Repeat("0005x", 1<<20)
	caps := "\x00side-band-64k ofs-delta"
	damaged := "0008NAK\n0031\x01PACK\x00\x00\x00\x02\x00\x00\x00\x01" + strings.Repeat("x", 32) + "0000"
	for name, c := range map[string]struct{ refs, pack, want string }{
		"nothing":        {"", "", "is not what"},
		"no protocol":    {"<html>", "", "is not what"},
		"a long claim":   {"fff0x", "", "breaks off"},
		"a bad id":       {advert("zz refs/heads/a" + caps), "", "is not what"},
		"a bad name":     {advert(id + " refs/heads/../../x" + caps), "", "does not allow"},
		"a line in it":   {advert(id + " refs/heads/a\x01b" + caps), "", "does not allow"},
		"ancient":        {advert(id + " refs/heads/a\x00ofs-delta"), "", "before 2006"},
		"a refusal":      {"000cERR go away", "", ""},
		"no pack":        {advert(id + " refs/heads/a" + caps), "0008NAK\n", "is not what"},
		"an empty pack":  {advert(id + " refs/heads/a" + caps), "0008NAK\n0000", "is not what"},
		"a damaged pack": {advert(id + " refs/heads/a" + caps), damaged, "is not whole"},
		"endless":        {advert(id + " refs/heads/a" + caps), "0008NAK\n" + "0006\x01x" + endless, ""},
		"no commit":      {advert(id+" refs/heads/a"+caps, "shallow ../x"), damaged, "is not what"},
		"nor here":       {advert(id + " refs/heads/a" + caps), "0010shallow ../x" + damaged, "is not what"},
		"shallow":        {advert(id+" refs/heads/a"+caps, "shallow "+id), damaged, "is not whole"},
		"a server error": {advert(id + " refs/heads/a" + caps), "0008NAK\n000d\x03go away0000", "refuses: go away"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
					w.Write([]byte(c.refs))
					return
				}
				w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
				w.Write([]byte(c.pack))
			}))
			defer server.Close()
			u, err := url.Parse(server.URL + "/x.git")
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "m.git")
			r, err := Open(context.Background(), u, Options{MaxBytes: 1 << 20, Agent: "test"})
			if err == nil {
				err = r.Mirror(context.Background(), dir)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want an error with %q", err, c.want)
			}
			for _, pattern := range []string{"packed-refs", "shallow", "assay-*", "objects/pack/*"} {
				if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
					t.Errorf("it left %s", left)
				}
			}
		})
	}
}

// TestTransport: Remotes that share a transport share a connection.
func TestTransport(t *testing.T) {
	var made atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		var ask pktWriter
		ask.line("%s capabilities^{}\x00side-band-64k", strings.Repeat("0", 40))
		ask.flush()
		w.Write(ask.Bytes())
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			made.Add(1)
		}
	}
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	u, err := url.Parse(server.URL + "/x.git")
	if err != nil {
		t.Fatal(err)
	}
	shared := NewTransport()
	defer shared.CloseIdleConnections()
	shared.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	for range 20 {
		if _, err := Open(t.Context(), u, Options{Agent: "test", Transport: shared}); err != nil {
			t.Fatal(err)
		}
	}
	if n := made.Load(); n != 1 {
		t.Errorf("%d connections for 20 repositories of one host", n)
	}
}

// FuzzPackets: no answer of a server can do more than fail.
func FuzzPackets(f *testing.F) {
	f.Add([]byte("001e# service=git-upload-pack\n0000000eversion 2\n0000"))
	f.Add([]byte("0008NAK\n0006\x01x0000"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := &packetReader{in: strings.NewReader(string(data))}
		if p, err := in.next(); err == nil {
			(&Remote{}).refs0(in, p)
		}
		pack, err := (&Remote{}).prelude(&packetReader{in: strings.NewReader(string(data))})
		if err == nil {
			if n, _ := io.Copy(io.Discard, pack); n > int64(len(data)) {
				t.Errorf("%d bytes out of %d", n, len(data))
			}
		}
	})
}
