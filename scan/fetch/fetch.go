// Package fetch copies every ref of a Git repository that a server has, and all that
// they reach, into a bare repository on this disk.
//
// It speaks the smart protocol over HTTP, version 2 or what servers spoke before, and
// nothing else: no program is started, no hook, credential helper or configuration of
// Git is asked. It is not built on go-git, whose clone leaves out the refs that no
// branch or tag is, holds what it indexes in memory, and brings packages along that
// every start would pay for; the reader of packs is there already (package object).
//
// The server may be hostile. What it sends is bounded in bytes and time, goes to a file
// that is no part of the repository until each object was hashed, and names of refs
// become lines of a file and never paths. A token goes to the host that the URL names,
// over TLS or to this machine, and to no host that it redirects to.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options are the settings of a Remote. The zero value is usable.
type Options struct {
	User, Token string            // for the host of the URL; "" for nobody in particular
	MaxBytes    int64             // that one answer may have, and again what is rebuilt of it at a time; 0 is 16 GiB
	Memory      int64             // for its objects while they are hashed; 0 is 512 MiB
	Idle        time.Duration     // after which a silent server is given up; 0 is five minutes
	Agent       string            // after "git/" in the User-Agent, by which servers know clients of Git
	Transport   http.RoundTripper // of NewTransport; nil makes one for this Remote
}

// maxRefs bounds the list of refs, in bytes: some 700,000 of them.
const maxRefs = 64 << 20

// A Remote is a repository on a server. Its methods are called one after the other.
type Remote struct {
	base     *url.URL // what is asked, after redirects
	options  Options
	client   *http.Client
	version2 bool
	abilities
	refs    []ref
	shallow []string // commits at which the server's own history ends
}

// abilities are what the server says it can do.
type abilities struct {
	sha256 bool
	caps   map[string]bool // of the older protocol
}

// A ref is a name and what it stands for.
type ref struct{ name, id, target string } // target: of a symbolic ref, ""  for none

// Open asks the repository at u, which holds no password, for its refs. A Remote is
// closed when it is not needed any more.
func Open(ctx context.Context, u *url.URL, o Options) (*Remote, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 16 << 30
	}
	if o.Idle <= 0 {
		o.Idle = 5 * time.Minute
	}
	r := &Remote{base: u, options: o, client: newClient(u, o)}
	err := r.discover(ctx)
	if err == nil && r.version2 {
		err = r.listRefs(ctx)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close ends the connections to the server.
func (r *Remote) Close() { r.client.CloseIdleConnections() }

// Listing tells apart the states of the remote repository: it changes with any ref.
func (r *Remote) Listing() string {
	sum := sha256.New()
	for _, ref := range r.refs {
		fmt.Fprintf(sum, "%q %s %q\n", ref.name, ref.id, ref.target)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// discover asks what the server speaks. The older protocol answers with the refs.
func (r *Remote) discover(ctx context.Context) error {
	ask := r.base.JoinPath("info", "refs")
	ask.RawQuery = "service=git-upload-pack"
	answer, err := r.do(ctx, http.MethodGet, ask, nil)
	if err != nil {
		return err
	}
	defer answer.Close()
	if answer.kind != "application/x-git-upload-pack-advertisement" {
		return errors.New("no Git server of the smart protocol answers there")
	}
	if base, ok := strings.CutSuffix(answer.url.Path, "/info/refs"); ok {
		moved := *answer.url
		moved.Path, moved.RawPath, moved.RawQuery = base, "", ""
		r.base = &moved
	}
	in := &packetReader{in: io.LimitReader(answer, maxRefs)}
	p, err := in.next()
	if err == nil && strings.HasPrefix(p.line(), "# service=") {
		if p, err = in.next(); err == nil && p.kind == packetFlush {
			p, err = in.next()
		}
	}
	if err != nil {
		return err
	}
	if p.kind != packetData {
		return errPacket
	}
	if p.line() == "version 2" {
		r.version2 = true
		return r.abilities2(in)
	}
	return r.refs0(in, p)
}

// abilities2 reads what a server of version 2 can do.
func (r *Remote) abilities2(in *packetReader) error {
	fetches := false
	for {
		p, err := in.next()
		if err != nil || p.kind != packetData {
			if err == nil && !fetches {
				err = errors.New("the server does not let anybody fetch")
			}
			return err
		}
		key, value, _ := strings.Cut(p.line(), "=")
		fetches = fetches || key == "fetch"
		if key == "object-format" {
			r.sha256 = value == "sha256"
		}
	}
}

// refs0 reads the refs of the older protocol, of which p is the first.
func (r *Remote) refs0(in *packetReader, p packet) error {
	r.caps = map[string]bool{}
	for first := true; p.kind == packetData; first = false {
		line, caps, _ := strings.Cut(p.line(), "\x00")
		id, name, _ := strings.Cut(line, " ")
		if first {
			r.readCaps(caps)
		}
		var err error
		if id == "shallow" {
			err = r.addShallow(name)
		} else if name != "capabilities^{}" && !strings.HasSuffix(name, "^{}") {
			err = r.addRef(ref{name: name, id: id})
		}
		if err != nil {
			return err
		}
		if p, err = in.next(); err != nil {
			return err
		}
	}
	if p.kind != packetFlush {
		return errPacket
	}
	if !r.caps["side-band-64k"] {
		return errors.New("the server speaks a protocol from before 2006")
	}
	return nil
}

func (r *Remote) readCaps(list string) {
	for _, c := range strings.Fields(list) {
		r.caps[c] = true
		if target, ok := strings.CutPrefix(c, "symref=HEAD:"); ok && validName(target) {
			r.refs = append(r.refs, ref{name: "HEAD", target: target})
		}
		if c == "object-format=sha256" {
			r.sha256 = true
		}
	}
}

// listRefs asks a server of version 2 for its refs.
func (r *Remote) listRefs(ctx context.Context) error {
	ask := &pktWriter{}
	ask.line("command=ls-refs")
	r.common(ask)
	ask.delim()
	ask.line("symrefs")
	ask.flush()
	answer, err := r.post(ctx, ask)
	if err != nil {
		return err
	}
	defer answer.Close()
	in := &packetReader{in: io.LimitReader(answer, maxRefs)}
	for {
		p, err := in.next()
		if err != nil {
			return err
		}
		if p.kind == packetFlush {
			return nil
		}
		if p.kind != packetData {
			return errPacket
		}
		fields := strings.Split(p.line(), " ")
		if len(fields) < 2 {
			return errPacket
		}
		one := ref{id: fields[0], name: fields[1]}
		for _, f := range fields[2:] {
			if target, ok := strings.CutPrefix(f, "symref-target:"); ok {
				one.target = target
			}
		}
		if err := r.addRef(one); err != nil {
			return err
		}
	}
}

// common writes what every command of version 2 says.
func (r *Remote) common(ask *pktWriter) {
	ask.line("agent=git/%s", r.options.Agent)
	if r.sha256 {
		ask.line("object-format=sha256")
	}
}

// addRef checks and keeps a ref.
func (r *Remote) addRef(one ref) error {
	if !r.validID(one.id) {
		return errPacket
	}
	if !validName(one.name) || one.target != "" && !validName(one.target) {
		return errors.New("the server has a ref with a name that Git does not allow")
	}
	if one.name == "HEAD" && len(r.refs) > 0 && r.refs[0].name == "HEAD" {
		r.refs[0].id = one.id // the abilities named its target
		return nil
	}
	r.refs = append(r.refs, one)
	return nil
}

// maxShallow bounds the commits at which a server's history ends.
const maxShallow = 1 << 20

func (r *Remote) addShallow(id string) error {
	if !r.validID(id) || len(r.shallow) == maxShallow {
		return errPacket
	}
	r.shallow = append(r.shallow, id)
	return nil
}

func (r *Remote) validID(id string) bool {
	size := 40
	if r.sha256 {
		size = 64
	}
	return len(id) == size && strings.Trim(id, "0123456789abcdef") == ""
}

// validName reports whether a ref may have this name, as far as lines of packed-refs
// ask for it. It never becomes a path.
func validName(name string) bool {
	if name != "HEAD" && !strings.HasPrefix(name, "refs/") || len(name) > 4096 {
		return false
	}
	return !strings.Contains(name, "..") && !strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c == 0x7f })
}
