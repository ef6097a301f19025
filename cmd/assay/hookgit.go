package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec" // only git itself knows where it looks for hooks: configuration by scope, includes and conditions says it
	"path/filepath"
	"strings"
)

// A hookPlace says where Git looks for hooks.
type hookPlace struct {
	top    string // root of the working tree; the repository's own directory, if it is bare
	bare   bool
	hooks  string // where Git looks for hooks
	inTree bool   // hooks is a folder of the tree, which others write
	own    bool   // hooks lies in the repository's own directory, which nobody shares
	shared bool   // core.hooksPath names hooks for more than this repository
}

// findHooks asks Git, in the folder dir; "" is the current one.
func findHooks(ctx context.Context, dir string) (*hookPlace, error) {
	bare, err := gitSays(ctx, dir, "rev-parse", "--is-bare-repository")
	if errors.Is(err, exec.ErrNotFound) {
		return nil, withHint(errors.New("git is not found"), "install Git, or put it on PATH")
	}
	if err != nil {
		return nil, withHint(fmt.Errorf("no repository that git can use: %w", err), "run it inside a repository; git status says what is wrong")
	}
	p := &hookPlace{bare: bare == "true"}
	if p.bare {
		p.top, err = gitSays(ctx, dir, "rev-parse", "--absolute-git-dir")
	} else {
		p.top, err = gitSays(ctx, dir, "rev-parse", "--show-toplevel")
	}
	if err != nil || p.top == "" {
		return nil, withHint(errors.New("the working tree is not found"), "run it in the working tree, not in .git")
	}
	// A relative path holds from the root on, wherever the user is.
	if p.hooks, err = gitSays(ctx, p.top, "rev-parse", "--git-path", "hooks"); err != nil {
		return nil, err
	}
	common, err := gitSays(ctx, p.top, "rev-parse", "--git-common-dir")
	if err != nil {
		return nil, err
	}
	p.hooks = absoluteIn(p.top, p.hooks)
	common = absoluteIn(p.top, common)
	p.own, p.inTree = isBelow(common, p.hooks), lies(p.top, p.hooks) && !lies(common, p.hooks)
	if said, err := gitSays(ctx, p.top, "config", "--get", "core.hooksPath"); err == nil && said != "" {
		local, _ := gitSays(ctx, p.top, "config", "--local", "--get", "core.hooksPath") // an error says that it is not set
		tree, _ := gitSays(ctx, p.top, "config", "--worktree", "--get", "core.hooksPath")
		p.shared = local != said && tree != said
	}
	return p, nil
}

// gitSays returns what git prints, without the end of the last line. Nothing that a repository configures is
// run by the commands asked for here.
func gitSays(ctx context.Context, dir string, args ...string) (string, error) {
	var out, complaint bytes.Buffer
	c := exec.CommandContext(ctx, "git", args...)
	c.Dir, c.Stdout, c.Stderr = dir, &out, &complaint
	if err := c.Run(); err != nil {
		if line, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n"); line != "" {
			return "", errors.New(strings.TrimPrefix(line, "fatal: "))
		}
		return "", err
	}
	return strings.TrimRight(out.String(), "\r\n"), nil
}

func absoluteIn(dir, name string) string {
	if name = filepath.FromSlash(name); !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	return filepath.Clean(name)
}

// isBelow reports whether name lies in dir, also where links lead there.
func isBelow(dir, name string) bool {
	return lies(realFolder(dir), realFolder(name))
}

// lies reports whether name lies in dir, by their texts.
func lies(dir, name string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && filepath.IsLocal(rel)
}

// staysIn refuses a file of the tree at root that a link leads out of it: whoever wrote
// the tree would choose what is written elsewhere.
func staysIn(root, name, shown string) error {
	if isBelow(root, name) {
		return nil
	}
	return withHint(fmt.Errorf("%s: a link leads out of the repository, where nothing is written", shown), "remove the link, or write by hand what it leads to")
}

// realFolder follows the links of what exists of a path.
func realFolder(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		return real
	}
	if parent := filepath.Dir(name); parent != name {
		return filepath.Join(realFolder(parent), filepath.Base(name))
	}
	return name
}

// program is the path of this program, "" where it may be gone tomorrow. Its slashes are
// those of the shell that comes with Git for Windows.
func program() string {
	name, err := os.Executable()
	if err != nil || isBelow(os.TempDir(), name) {
		return ""
	}
	return filepath.ToSlash(name)
}
