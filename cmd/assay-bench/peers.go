package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
)

// The scanner that stands beside us, at the version that every figure names.
const (
	gitleaksModule  = "github.com/zricethezav/gitleaks/v8"
	gitleaksVersion = "v8.30.1"
)

// programs are the executables that are measured; empty where one is left out
// or not installed.
type programs struct {
	assay, gitleaks, ripgrep, git, empty, self string
}

// programsFor builds or finds every program that takes part.
func (b *bench) programsFor(ctx context.Context, takesPart func(string) bool) (programs, error) {
	var p programs
	var err error
	if p.self, err = os.Executable(); err != nil {
		return p, err
	}
	if p.git, err = program("git"); err != nil {
		return p, err
	}
	if takesPart("rg") {
		p.ripgrep, err = program("rg")
		if err != nil {
			b.say("ripgrep is not installed, its rows are left out")
		}
	}
	if takesPart("gitleaks") {
		if p.gitleaks, err = b.gitleaks(ctx); err != nil {
			return p, err
		}
	}
	if takesPart("assay") {
		if p.assay, err = b.assay(ctx); err != nil {
			return p, err
		}
	}
	p.empty, err = b.emptyProgram(ctx)
	return p, err
}

func (b *bench) bin(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(b.cache, "bin", name)
}

// gitleaks builds the peer once.
func (b *bench) gitleaks(ctx context.Context) (string, error) {
	dir := filepath.Join(b.cache, "bin", "gitleaks-"+gitleaksVersion)
	file := filepath.Join(dir, filepath.Base(b.bin("gitleaks")))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	b.say("building gitleaks %s", gitleaksVersion)
	_, err := command{
		args: []string{"go", "install", gitleaksModule + "@" + gitleaksVersion},
		dir:  b.cache, env: goEnv("GOBIN="+dir, "GOMODCACHE="+filepath.Join(b.cache, "mod")),
	}.run(ctx)
	return file, err
}

// assay builds the program from its source, anew each time, unless one is given.
func (b *bench) assay(ctx context.Context) (string, error) {
	if b.built != "" {
		return filepath.Abs(b.built)
	}
	file := b.bin("assay")
	_, err := command{args: []string{"go", "build", "-o", file, "./cmd/assay"}, dir: b.source, env: goEnv()}.run(ctx)
	return file, err
}

// emptyProgram builds a Go program that does nothing: what every start costs.
func (b *bench) emptyProgram(ctx context.Context) (string, error) {
	source := filepath.Join(b.cache, "empty", "main.go")
	if err := os.MkdirAll(filepath.Dir(source), 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		return "", err
	}
	file := b.bin("empty")
	_, err := command{args: []string{"go", "build", "-o", file, source}, dir: filepath.Dir(source), env: goEnv()}.run(ctx)
	return file, err
}
