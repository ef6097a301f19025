package fetch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// Mirror makes the bare repository in dir hold all that the refs reach, and those refs
// alone. Where it holds some of it already, only the rest is fetched; what no ref
// reaches any longer stays. A run that breaks leaves the repository as it was. While
// another run is at it the error is ErrInUse.
func (r *Remote) Mirror(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	release, err := Hold(dir)
	if errors.Is(err, ErrInUse) {
		return fmt.Errorf("the folder that it is kept in: %w", err)
	}
	defer release()
	if err := r.initialize(dir); err != nil {
		return err
	}
	have, err := readRefs(dir)
	if err != nil {
		return err
	}
	if wants := r.missing(have); len(wants) > 0 {
		if err := r.fetch(ctx, dir, wants, slices.Sorted(maps.Keys(have))); err != nil {
			return err
		}
	}
	return r.writeRefs(dir)
}

// Names in a repository.
const (
	packedRefs = "packed-refs"
	incoming   = "assay-incoming.pack"
)

// initialize makes an empty repository unless there is one.
func (r *Remote) initialize(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "HEAD")); err == nil {
		return nil
	}
	for _, folder := range []string{filepath.Join("objects", "pack"), "refs"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return err
		}
	}
	config := "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
	if r.sha256 {
		config = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"
	}
	if err := replace(filepath.Join(dir, "config"), config); err != nil {
		return err
	}
	return replace(filepath.Join(dir, "HEAD"), "ref: refs/heads/main\n")
}

// readRefs returns the ids that the refs of an earlier run stand for. All that they
// reach is there: packed-refs is written after the objects.
func readRefs(dir string) (map[string]bool, error) {
	have := map[string]bool{}
	file, err := os.Open(filepath.Join(dir, packedRefs))
	if errors.Is(err, os.ErrNotExist) {
		return have, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(io.LimitReader(file, 2*maxRefs))
	for lines.Scan() {
		if id, _, ok := strings.Cut(lines.Text(), " "); ok && id != "#" {
			have[id] = true
		}
	}
	return have, lines.Err()
}

// missing lists what refs stand for and is not there, each once.
func (r *Remote) missing(have map[string]bool) []string {
	wants := map[string]bool{}
	for _, ref := range r.refs {
		if ref.id != "" && !have[ref.id] {
			wants[ref.id] = true
		}
	}
	return slices.Sorted(maps.Keys(wants))
}

// fetch adds a pack with what wants reach and have does not.
func (r *Remote) fetch(ctx context.Context, dir string, wants, have []string) error {
	ask := r.request(wants, have)
	answer, err := r.post(ctx, ask)
	if err != nil {
		return err
	}
	defer answer.Close()
	pack, err := r.prelude(&packetReader{in: answer})
	if err != nil {
		return err
	}
	name := filepath.Join(dir, incoming)
	defer os.Remove(name) // unless it became a part of the repository
	if err := save(name, pack); err != nil {
		return err
	}
	if err := r.adopt(ctx, dir, name); err != nil || len(r.shallow) == 0 {
		return err
	}
	return replace(filepath.Join(dir, "shallow"), strings.Join(r.shallow, "\n")+"\n")
}

// request asks for a pack that stands by itself: what it is built on is in it.
func (r *Remote) request(wants, have []string) *pktWriter {
	ask := &pktWriter{}
	first := ""
	if r.version2 {
		ask.line("command=fetch")
		r.common(ask)
		ask.delim()
		ask.line("ofs-delta")
		ask.line("no-progress")
	} else {
		first = r.caps0()
	}
	for _, id := range wants {
		ask.line("want %s%s", id, first)
		first = ""
	}
	if !r.version2 {
		ask.flush()
	}
	for _, id := range have {
		ask.line("have %s", id)
	}
	ask.line("done")
	if r.version2 {
		ask.flush()
	}
	return ask
}

// caps0 says which abilities of an older server are used.
func (r *Remote) caps0() string {
	text := " side-band-64k"
	for _, c := range []string{"ofs-delta", "no-progress", "multi_ack_detailed", "object-format=sha256"} {
		if r.caps[c] {
			text += " " + c
		}
	}
	return text + " agent=git/" + r.options.Agent
}

// prelude reads up to the pack.
func (r *Remote) prelude(in *packetReader) (io.Reader, error) {
	for {
		p, err := in.next()
		if err != nil {
			return nil, err
		}
		line := p.line()
		switch id, shallow := strings.CutPrefix(line, "shallow "); {
		case p.kind == packetEnd:
			return nil, errPacket
		case r.version2 && line == "packfile":
			return &sideband{packets: in}, nil
		case shallow:
			if err := r.addShallow(id); err != nil {
				return nil, err
			}
		case !r.version2 && (strings.HasPrefix(line, "ACK ") || line == "NAK"):
		case !r.version2 && p.kind == packetData:
			s := &sideband{packets: in}
			return s, s.take(p)
		}
	}
}

// save writes the pack to a file.
func save(name string, pack io.Reader) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, pack)
	return errors.Join(err, file.Sync(), file.Close())
}

// adopt makes the file name, once each of its objects is hashed, a pack of the
// repository.
func (r *Remote) adopt(ctx context.Context, dir, name string) error {
	size := 20
	if r.sha256 {
		size = 32
	}
	index := strings.TrimSuffix(name, ".pack") + ".idx"
	os.Remove(index) // of a run that broke
	defer os.Remove(index)
	bounds := object.Indexing{HashSize: size, Memory: r.options.Memory, Room: r.options.MaxBytes}
	switch err := object.WriteIndex(ctx, name, index, bounds); {
	case errors.Is(err, object.ErrDamaged):
		return fmt.Errorf("the server sent a pack that is not whole: %w", err)
	case err != nil:
		return err
	}
	trailer, err := lastBytes(name, size)
	if err != nil {
		return err
	}
	to := filepath.Join(dir, "objects", "pack", fmt.Sprintf("pack-%x", trailer))
	return errors.Join(os.Rename(name, to+".pack"), os.Rename(index, to+".idx"))
}

func lastBytes(name string, n int) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	text := make([]byte, n)
	_, err = file.ReadAt(text, info.Size()-int64(n))
	return text, err
}

// writeRefs makes the refs those of the server.
func (r *Remote) writeRefs(dir string) error {
	list := slices.Clone(r.refs)
	slices.SortFunc(list, func(a, b ref) int { return strings.Compare(a.name, b.name) })
	var text strings.Builder
	text.WriteString("# pack-refs with: sorted\n")
	head := ""
	for _, one := range list {
		switch {
		case one.name == "HEAD" && one.target != "":
			head = "ref: " + one.target + "\n"
		case one.name == "HEAD":
			head = one.id + "\n"
		default:
			fmt.Fprintf(&text, "%s %s\n", one.id, one.name)
		}
	}
	if err := replace(filepath.Join(dir, packedRefs), text.String()); err != nil {
		return err
	}
	if head == "" {
		return nil
	}
	return replace(filepath.Join(dir, "HEAD"), head)
}

// replace writes a file whole or not at all.
func replace(name, text string) error {
	temp := name + ".lock" // as Git calls it, so that both keep out of each other's way
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(temp, name)
}
