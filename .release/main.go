// Command .release builds what a release publishes, all of it from the source alone, so
// that who builds it again gets the same bytes:
//
//	go run ./.release build VERSION OUT [GOOS/GOARCH...]
//	go run ./.release notes VERSION
//
// build writes into the new folder OUT an archive and a bill of materials for each
// target, SHA256SUMS, the packages for npm, and the formula for Homebrew if no target was
// left out. notes prints what CHANGELOG.md says of a version.
//
// The folder begins with a dot, so that ./... leaves it out: its tests run with
// go test ./.release.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

const usage = `go run ./.release build VERSION OUT [GOOS/GOARCH...]
go run ./.release notes VERSION
`

// goVersion is the Go that releases are built with. Another one compiles and compresses
// to other bytes.
//
//go:embed go-version
var goVersion string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	switch {
	case len(args) == 2 && args[0] == "notes":
		return printNotes(ctx, args[1], out)
	case len(args) >= 3 && args[0] == "build":
		return build(ctx, args[1], args[2], args[3:], out)
	}
	return errors.New("usage:\n" + strings.TrimSuffix(usage, "\n"))
}

func printNotes(ctx context.Context, tag string, out io.Writer) error {
	version, err := parseVersion(tag)
	if err != nil {
		return err
	}
	root, err := rootFolder(ctx)
	if err != nil {
		return err
	}
	log, err := readChangelog(root)
	if err != nil {
		return err
	}
	notes, err := log.notes(version)
	if err == nil {
		_, err = io.WriteString(out, notes)
	}
	return err
}

// build checks what can be wrong before the first minute is spent on building.
func build(ctx context.Context, tag, dir string, names []string, log io.Writer) error {
	version, err := parseVersion(tag)
	if err != nil {
		return err
	}
	if want := "go" + strings.TrimSpace(goVersion); runtime.Version() != want {
		return fmt.Errorf("this is %s, and releases are built with %s: GOTOOLCHAIN=%s go run ./.release build", runtime.Version(), want, want)
	}
	wanted, err := chooseTargets(names)
	if err != nil {
		return err
	}
	root, err := rootFolder(ctx)
	if err != nil {
		return err
	}
	r, err := newRelease(root, version)
	if err != nil {
		return err
	}
	return r.write(ctx, dir, wanted, log)
}

// A version as semantic versioning has it, without build metadata, which npm and file
// names do not take.
var versionForm = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)

// parseVersion takes the v of a tag away.
func parseVersion(tag string) (string, error) {
	version := strings.TrimPrefix(tag, "v")
	if !versionForm.MatchString(version) {
		return "", fmt.Errorf("%q is not a version such as 1.2.3 or v1.2.3-rc.1", tag)
	}
	return version, nil
}

func rootFolder(ctx context.Context) (string, error) {
	out, err := goCommand(ctx, "", nil, "list", "-m", "-f", "{{.Dir}}")
	return filepath.FromSlash(strings.TrimSpace(string(out))), err
}

// goCommand runs the Go command in a folder with variables of its own.
func goCommand(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "go", args...)
	var said bytes.Buffer
	c.Dir, c.Env, c.Stderr = dir, append(os.Environ(), env...), &said
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, said.Bytes())
	}
	return out, nil
}
