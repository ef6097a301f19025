package main

import (
	"bufio"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// What assay init writes for the two hosts that it knows.
var (
	//go:embed ci/github.yml
	githubCI []byte
	//go:embed ci/gitlab.yml
	gitlabCI []byte
)

// Where those files go.
const (
	githubFile  = ".github/workflows/assay.yml"
	gitlabFile  = ".gitlab/assay.yml"
	gitlabMain  = ".gitlab-ci.yml"
	gitlabEntry = "include:\n  - local: " + gitlabFile + "\n"
)

// initFlags are those of assay init.
type initFlags struct {
	force, dry, yes bool
	noHook          bool
	ci              string
}

func (a *app) initCommand() *cobra.Command {
	f := &initFlags{}
	c := &cobra.Command{
		Use:   "init [PATH]",
		Short: "Set assay up in a repository: configuration with a salt, hook, CI file",
		Long: `Write what a repository needs to be scanned by everybody in the same way:

  .assay.toml   the configuration, with a salt of the repository's own
  a hook        that scans what is staged, before each commit
  a CI file     for GitHub Actions or GitLab, as far as the host can be told

Each is offered on a terminal; elsewhere say --yes or --dry-run. What is there
already is never overwritten without --force, and a salt is kept even then, for a
new one would invalidate all fingerprints.`,
		Example: `  assay init
  assay init --dry-run
  assay init --yes --ci github`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			root := "."
			if len(args) > 0 {
				root = args[0]
			}
			return a.initialise(c.Context(), f, root)
		},
	}
	fs := c.Flags()
	fs.BoolVar(&f.force, "force", false, "replace files that are there")
	fs.BoolVar(&f.dry, "dry-run", false, "print what would be written, and write nothing")
	fs.BoolVarP(&f.yes, "yes", "y", false, "write everything without asking")
	fs.BoolVar(&f.noHook, "no-hook", false, "install no hook")
	fs.StringVar(&f.ci, "ci", "auto", "the CI file for this `host`: auto, github, gitlab, none")
	return c
}

// An initStep is one thing that assay init does. A step with a file writes data to
// it, one without calls do.
type initStep struct {
	offer string // "write .assay.toml, with a salt of its own"
	file  string // with slashes, relative to the root; "" for a step that writes no file of a known text
	data  []byte
	do    func() error
}

// initialise runs the command.
func (a *app) initialise(ctx context.Context, f *initFlags, path string) error {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return withHint(fmt.Errorf("%s is no folder", path), "name the root of a repository")
	}
	all := upToRepository(path)
	root := all[len(all)-1]
	steps, err := a.initSteps(ctx, f, root)
	if err != nil {
		return err
	}
	agree, err := a.consent(f)
	if err != nil {
		return err
	}
	var failed []error // one step does not need another
	for _, s := range steps {
		wanted, err := a.offerStep(f, root, s, agree)
		if err != nil {
			return err
		}
		if wanted {
			if err := a.takeStep(root, s); err != nil {
				failed = append(failed, err)
			}
		}
	}
	for _, err := range failed {
		a.complain(err)
		a.exit = exitUsage
	}
	if !f.dry && failed == nil {
		fmt.Fprintln(a.stdout, "Next: assay doctor looks whether it works; assay baseline create sets aside what is known already.")
	}
	return nil
}

// initSteps lists what is to be done in root.
func (a *app) initSteps(ctx context.Context, f *initFlags, root string) ([]initStep, error) {
	salt := rand.Text()
	name := filepath.Join(root, configName)
	if _, err := os.Lstat(name); err == nil {
		var have config
		if err := have.read(name, true); err != nil {
			return nil, err
		}
		if have.Salt != "" {
			salt = have.Salt
		}
	}
	steps := []initStep{{offer: "the configuration, with a salt of the repository's own", file: configName, data: firstConfig(salt)}}
	if _, err := os.Lstat(filepath.Join(root, ".git")); err != nil {
		fmt.Fprintln(a.stderr, "assay: this is no Git repository: no hook, no CI file")
		return steps, nil
	}
	if !f.noHook {
		steps = append(steps, initStep{
			offer: "the pre-commit hook, which scans what is staged",
			do:    func() error { return a.installHooks(ctx, root, &hookFlags{missing: missingBlock}, nil) },
		})
	}
	more, err := a.ciSteps(ctx, f.ci, root)
	return append(steps, more...), err
}

// firstConfig is the configuration that a repository begins with.
func firstConfig(salt string) []byte {
	return []byte(`# Read by every assay that scans this repository. The README lists all keys.

# Keys the fingerprints, so that nobody outside can try guesses against a report.
# A new salt invalidates every fingerprint: assay baseline update --old-salt OLD.
salt = ` + strconv.Quote(salt) + `

[scan]
# exclude = ["third_party/"]       # gitignore patterns; what is left out is counted
` + offBaseline + ` # report only what is new
# fail-on = "low"                  # from this severity on

[rules]
# disable = ["generic-password"]
# files = ["rules/acme.toml"]      # rules of your own
`)
}

// offBaseline is the line of a first configuration that assay baseline create turns
// into a key.
const offBaseline = `# baseline = "` + baselineName + `"`

// ciSteps are the files for a host, which "auto" tells by what is there.
func (a *app) ciSteps(ctx context.Context, host, root string) ([]initStep, error) {
	if host == "auto" {
		host = hostOf(ctx, root)
	}
	switch host {
	case "github":
		return []initStep{{offer: "a workflow for GitHub Actions", file: githubFile, data: githubCI}}, nil
	case "gitlab":
		steps := []initStep{{offer: "a job for GitLab CI", file: gitlabFile, data: gitlabCI}}
		if _, err := os.Lstat(filepath.Join(root, gitlabMain)); err != nil {
			return append(steps, initStep{offer: "GitLab's pipeline, which includes it", file: gitlabMain, data: []byte(gitlabEntry)}), nil
		}
		fmt.Fprintf(a.stderr, "assay: %s is there: add to its include list: - local: %s\n", gitlabMain, gitlabFile)
		return steps, nil
	case "none":
		return nil, nil
	case "":
		fmt.Fprintln(a.stderr, "assay: the host cannot be told: --ci github or --ci gitlab writes a CI file; the README has more")
		return nil, nil
	}
	return nil, withHint(fmt.Errorf("--ci %q is unknown", host), "use auto, github, gitlab or none")
}

// hostOf tells a repository's host by its files, or else by its remotes; "" if
// neither says.
func hostOf(ctx context.Context, root string) string {
	for _, mark := range []struct{ file, host string }{{".github", "github"}, {gitlabMain, "gitlab"}, {".gitlab", "gitlab"}} {
		if _, err := os.Lstat(filepath.Join(root, mark.file)); err == nil {
			return mark.host
		}
	}
	remotes, _ := gitSays(ctx, root, "remote", "-v") // without Git nothing is known
	switch {
	case strings.Contains(remotes, "github.com"):
		return "github"
	case strings.Contains(remotes, "gitlab"):
		return "gitlab"
	}
	return ""
}

// consent returns what asks before a step.
func (a *app) consent(f *initFlags) (func(offer string) (bool, error), error) {
	if f.yes || f.dry {
		return func(string) (bool, error) { return true, nil }, nil
	}
	if file, ok := a.stdin.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, withHint(errors.New("there is nobody to ask"), "--yes writes everything, --dry-run prints what would be written")
	}
	return a.ask(bufio.NewReader(a.stdin)), nil
}

// ask returns what asks whoever types the lines of in; an empty line means yes.
func (a *app) ask(in *bufio.Reader) func(offer string) (bool, error) {
	return func(offer string) (bool, error) {
		fmt.Fprintf(a.stdout, "Write %s? [Y/n] ", offer)
		line, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		answer := strings.ToLower(strings.TrimSpace(line))
		return err == nil && (answer == "" || answer == "y" || answer == "yes"), nil
	}
}

// offerStep finds out whether a step is to be taken: it may be done already, and
// somebody must want it.
func (a *app) offerStep(f *initFlags, root string, s initStep, agree func(string) (bool, error)) (bool, error) {
	if s.file != "" {
		if _, err := os.Lstat(filepath.Join(root, s.file)); err == nil && !f.force {
			fmt.Fprintf(a.stdout, "kept   %s: it is there already, --force replaces it\n", s.file)
			return false, nil
		}
	}
	if f.dry {
		fmt.Fprintf(a.stdout, "would write %s %s\n%s", s.offer, s.file, indented(string(s.data), "    "))
		return false, nil
	}
	return agree(strings.TrimSpace(s.offer + " " + s.file))
}

// takeStep does one thing.
func (a *app) takeStep(root string, s initStep) error {
	if s.do != nil {
		return s.do()
	}
	name := filepath.Join(root, filepath.FromSlash(s.file))
	if err := staysIn(root, name, s.file); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return fmt.Errorf("cannot write %s: %w", s.file, pathless(err))
	}
	if err := writeKept(name, s.data); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "wrote  %s\n", s.file)
	return nil
}
