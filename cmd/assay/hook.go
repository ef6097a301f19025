package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Kinds of hooks, under Git's names; hookFiles is none of Git's.
const (
	preCommit      = "pre-commit"
	preMergeCommit = "pre-merge-commit"
	prePush        = "pre-push"
	preReceive     = "pre-receive"
	hookFiles      = "files"
)

// installable are the kinds that assay hook install knows.
var installable = [...]string{preCommit, preMergeCommit, prePush, preReceive}

func (a *app) hookCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "hook",
		Short: "Stop credentials before they are committed, pushed or received",
		Long: `Hooks of Git run assay at the right moment:

  pre-commit        examines what the commit would bring (the index, not the working copy)
  pre-merge-commit  likewise for a merge without conflicts, which has a hook of its own
  pre-push          examines the commits and tags that the other side does not have
  pre-receive       likewise, on the server, before the push is let in

What a file held before at the same path does not stop a commit or push: hooks are
about what is new. A hook fails where something could not be examined, too; the
message says how to accept that.`,
	}
	c.AddCommand(a.hookInstall(), a.hookUninstall(), a.hookRun())
	return c
}

// hookFlags say which hooks are meant and who calls them.
type hookFlags struct {
	types   []string
	manager string
	missing string
	global  bool
}

func (a *app) hookInstall() *cobra.Command {
	f := &hookFlags{}
	c := &cobra.Command{
		Use:   "install [-- FLAGS...]",
		Short: "Have Git run assay",
		Long: `Write a hook where Git looks for it: in .git/hooks, in the folder that core.hooksPath
names, for linked working trees in the repository that they share.

Where a manager of hooks is in charge it is told instead: husky by a few lines at the
top of .husky/pre-commit, lefthook by an entry in lefthook.yml, pre-commit by one in
.pre-commit-config.yaml. --manager says which, if more than one is there.

A hook that is there already is kept under another name and runs after assay. What was
written once is not written again. assay hook uninstall puts back what was there.

FLAGS are those of assay hook run, such as --fail-on high. If the program is not found
when the hook runs, the hook says so and fails, unless --missing is pass, which
lefthook and pre-commit cannot be told.`,
		Example: `  assay hook install
  assay hook install --type pre-commit --type pre-push
  assay hook install -- --fail-on high
  assay hook install --type pre-receive -- --no-tree-suppressions    # in a bare repository`,
		RunE: func(c *cobra.Command, args []string) error { return a.installHooks(c.Context(), "", f, args) },
	}
	f.register(c)
	c.Flags().StringVar(&f.missing, "missing", missingBlock, "`what` the hook does if assay is not installed: block, pass")
	c.Flags().BoolVar(&f.global, "global", false, "write into the folder that core.hooksPath names for all your repositories")
	return c
}

func (a *app) hookUninstall() *cobra.Command {
	f := &hookFlags{}
	c := &cobra.Command{
		Use:   "uninstall",
		Short: "Take out what assay hook install wrote",
		Long: `Take out what assay hook install wrote, and put back the hook that was there before.
Without --type, of every kind. What was changed by hand since is left as it is, and
said.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.uninstallHooks(c.Context(), f) },
	}
	f.register(c)
	c.Flags().BoolVar(&f.global, "global", false, "also in the folder that core.hooksPath names for all your repositories")
	return c
}

func (f *hookFlags) register(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.types, "type", nil, "`kind` of hook: "+strings.Join(installable[:], ", ")+"; repeatable (default pre-commit, in a bare repository pre-receive)")
	c.Flags().StringVar(&f.manager, "manager", "", "`who` runs hooks here: git, husky, lefthook, pre-commit (default: whom we find)")
}

// check refuses what is not understood.
func (f *hookFlags) check() error {
	for _, t := range f.types {
		if !slices.Contains(installable[:], t) {
			return withHint(fmt.Errorf("--type %q is unknown", t), "use one of %s", strings.Join(installable[:], ", "))
		}
	}
	if !slices.Contains([]string{"", byGit, byHusky, byLefthook, byPreCommit}, f.manager) {
		return withHint(fmt.Errorf("--manager %q is unknown", f.manager), "use git, husky, lefthook or pre-commit")
	}
	if f.missing != "" && f.missing != missingBlock && f.missing != missingPass {
		return withHint(fmt.Errorf("--missing %q is unknown", f.missing), "use block or pass")
	}
	return nil
}
