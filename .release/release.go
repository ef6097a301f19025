package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A release is a version of the source in a folder.
type release struct {
	root    string
	version string    // such as 1.2.3
	when    time.Time // of every file
	common  []file    // of every archive
	// compiled keeps binaries, for the manual is written by one of them.
	compiled map[target]*binary
}

func newRelease(root, version string) (*release, error) {
	log, err := readChangelog(root)
	if err != nil {
		return nil, err
	}
	r := &release{root: root, version: version, when: log.timeOf(version), compiled: map[target]*binary{}}
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		r.common = append(r.common, file{name, 0o644, text})
	}
	return r, nil
}

// A product is a file that is published, by its name in the release's folder.
type product struct {
	name string
	data []byte
}

func (p product) sum() string { return fmt.Sprintf("%x", sha256.Sum256(p.data)) }

// write builds everything into dir, which is not there yet.
func (r *release) write(ctx context.Context, dir string, wanted []target, log io.Writer) error {
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is there already: remove it, or name another folder", dir)
	}
	manual, err := r.manual(ctx)
	if err != nil {
		return err
	}
	var published, packages []product
	var archives []archived
	for _, t := range wanted {
		b, err := r.compile(ctx, t)
		if err != nil {
			return err
		}
		parts, err := r.components(ctx, b)
		if err != nil {
			return fmt.Errorf("%v: %w", t, err)
		}
		archive, err := r.archive(b, manual, licenceFile(parts))
		if err != nil {
			return err
		}
		bill, err := r.bill(b, archive, parts)
		if err != nil {
			return err
		}
		wrapped, err := r.platformPackage(b, licenceFile(parts))
		if err != nil {
			return err
		}
		published, packages = append(published, archive, bill), append(packages, wrapped)
		archives = append(archives, archived{t, archive})
		fmt.Fprintf(log, "%s  %s\n", archive.sum(), archive.name)
	}
	front, err := r.frontPackage()
	if err != nil {
		return err
	}
	all := append(published, sums(published))
	all = append(append(all, packages...), front)
	if len(wanted) == len(allTargets()) {
		formula, err := r.formula(archives)
		if err != nil {
			return err
		}
		all = append(all, formula)
	}
	return save(dir, all)
}

// An archived target is what the formula names.
type archived struct {
	target  target
	archive product
}

func (r *release) archive(b *binary, manual []file, licences []byte) (product, error) {
	name := fmt.Sprintf("assay_%s_%s_%s", r.version, b.target.os, b.target.arch)
	files := slices.Concat([]file{{b.target.program(), 0o755, b.data}}, r.common, []file{{"THIRD-PARTY-LICENSES.txt", 0o644, licences}}, manual)
	pack, suffix := tarball, ".tar.gz"
	if b.target.os == "windows" {
		pack, suffix = zipped, ".zip"
	}
	data, err := pack(name, files, r.when)
	return product{name + suffix, data}, err
}

// sums lists the files as sha256sum --check reads them.
func sums(files []product) product {
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", f.sum(), f.name)
	}
	return product{"SHA256SUMS", b.Bytes()}
}

// save writes files into dir, which appears when all of them are there.
func save(dir string, files []product) error {
	temp := dir + ".part"
	if err := os.RemoveAll(temp); err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.Join(temp, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.data, 0o644); err != nil {
			return err
		}
	}
	return os.Rename(temp, dir)
}
