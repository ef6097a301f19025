package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// stoppable returns a context that is done once somebody asks the program to stop: by
// a key, as a service, or by closing the terminal. After that the default is restored,
// and a second signal ends the program at once.
//
// Who reads our output may go away. The write then fails, and is told of like any
// other; it does not end the program, which would leave unfinished files behind.
func stoppable(ctx context.Context) context.Context {
	stops := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		stops = append(stops, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(ctx, stops...)
	context.AfterFunc(ctx, stop)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return ctx
}
