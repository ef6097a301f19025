package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
)

// A target is what a binary is for.
type target struct{ os, arch string }

// allTargets are what a release holds.
func allTargets() []target {
	return []target{
		{"darwin", "amd64"}, {"darwin", "arm64"}, {"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
	}
}

// chooseTargets returns the targets of these names, such as linux/amd64, or all.
func chooseTargets(names []string) (wanted []target, err error) {
	if len(names) == 0 {
		return allTargets(), nil
	}
	for _, name := range names {
		i := slices.IndexFunc(allTargets(), func(t target) bool { return t.os+"/"+t.arch == name })
		if i < 0 {
			return nil, fmt.Errorf("%q is none of the targets: %v", name, allTargets())
		}
		wanted = append(wanted, allTargets()[i])
	}
	return wanted, nil
}

func (t target) String() string { return t.os + "/" + t.arch }

// program is the name of the binary.
func (t target) program() string {
	if t.os == "windows" {
		return "assay.exe"
	}
	return "assay"
}

// environment says everything that a machine could else decide about the binary.
func (t target) environment() []string {
	return []string{
		"GOOS=" + t.os, "GOARCH=" + t.arch, "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0",
		"GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOFIPS140=off", "GODEBUG=",
	}
}

// A binary is what was built for a target.
type binary struct {
	target target
	data   []byte
	info   *buildinfo.BuildInfo
}

// compile builds the program for a target.
func (r *release) compile(ctx context.Context, t target) (*binary, error) {
	if b := r.compiled[t]; b != nil {
		return b, nil
	}
	temp, err := os.MkdirTemp("", "assay-release")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	file := filepath.Join(temp, t.program())
	_, err = goCommand(ctx, r.root, t.environment(), "build", "-mod=readonly", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -X main.version="+r.version, "-o", file, "./cmd/assay")
	if err != nil {
		return nil, fmt.Errorf("%v: %w", t, err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	info, err := buildinfo.Read(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%v: %w", t, err)
	}
	r.compiled[t] = &binary{target: t, data: data, info: info}
	return r.compiled[t], nil
}

// manual returns manual pages and completions, which the program for this machine writes.
// They are the same for every target.
func (r *release) manual(ctx context.Context) (files []file, err error) {
	temp, err := os.MkdirTemp("", "assay-release")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	b, err := r.compile(ctx, target{runtime.GOOS, runtime.GOARCH})
	if err != nil {
		return nil, err
	}
	program := filepath.Join(temp, b.target.program())
	if err := os.WriteFile(program, b.data, 0o755); err != nil {
		return nil, err
	}
	write := func(args ...string) ([]byte, error) {
		c := exec.CommandContext(ctx, program, args...)
		c.Dir, c.Env = temp, []string{"HOME=" + temp} // no page may say where this machine keeps things
		return c.Output()
	}
	if _, err := write("man", "man"); err != nil {
		return nil, err
	}
	pages, err := os.ReadDir(filepath.Join(temp, "man")) // sorted
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(temp, "man", page.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, file{"man/man1/" + page.Name(), 0o644, text})
	}
	for _, c := range completions() {
		text, err := write("completion", c.shell)
		if err != nil {
			return nil, err
		}
		files = append(files, file{"completions/" + c.name, 0o644, text})
	}
	return files, err
}

// A completion is a file by the name that its shell looks for.
type completion struct{ shell, name string }

func completions() []completion {
	return []completion{{"bash", "assay.bash"}, {"fish", "assay.fish"}, {"powershell", "assay.ps1"}, {"zsh", "_assay"}}
}
