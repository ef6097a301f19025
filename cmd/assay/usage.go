package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// explainArgs has c and the commands below it say how they are written where words do
// not fit.
func explainArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			if err == nil {
				return nil
			}
			if len(args) > 0 && c.HasAvailableSubCommands() {
				return unknownCommand(c, args[0])
			}
			return withHint(err, "write it as: %s", c.UseLine())
		}
	}
	for _, sub := range c.Commands() {
		explainArgs(sub)
	}
}

// knownCommand refuses a word that is none of root's commands, or of those below one of
// them: cobra prints the help of a command that only has others below it and calls that
// a success, so that a hook with a misspelt line would pass everything.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return nil // a shell asks
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	c, rest, err := root.Find(args)
	switch {
	case c == nil, err == nil && (c.Runnable() || !c.HasParent()):
		return nil
	case len(rest) == 0, rest[0] == "help", strings.HasPrefix(rest[0], "-"):
		return nil // which cobra answers
	}
	return unknownCommand(c, rest[0])
}

// unknownCommand says that c has no command of that name, and which one may be meant.
func unknownCommand(c *cobra.Command, name string) error {
	c.SuggestionsMinimumDistance = min(len(name)/2, 2) // letters that may differ; of two more would be any
	hint := c.CommandPath() + " --help lists the commands"
	if like := c.SuggestionsFor(name); len(like) > 0 {
		hint = fmt.Sprintf("did you mean %s %s? %s", c.CommandPath(), like[0], hint)
	}
	return withHint(fmt.Errorf("%s has no command %q", c.CommandPath(), name), "%s", hint)
}

// An exitCode is what a process may end with: of other numbers systems keep the last
// byte, so that 256 would be 0, which is a success.
type exitCode int

func (e *exitCode) String() string { return strconv.Itoa(int(*e)) }
func (e *exitCode) Type() string   { return "int" }

func (e *exitCode) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return errors.New("an exit code is a number from 0 to 255")
	}
	*e = exitCode(n)
	return nil
}
