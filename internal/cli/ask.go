package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// nextLine reads a line that somebody types. Ctrl-C ends the wait for it: a read of a
// terminal does not return then, and only a third Ctrl-C ended the program.
func nextLine(ctx context.Context, in *bufio.Reader) (string, error) {
	type typed struct {
		line string
		err  error
	}
	done := make(chan typed, 1)
	go func() { // ends with the line, at the latest with the process
		var t typed
		t.err = safe.Do(func() (err error) {
			t.line, err = in.ReadString('\n')
			return err
		})
		done <- t
	}()
	select {
	case t := <-done:
		return strings.TrimSpace(t.line), t.err
	case <-ctx.Done():
		return "", errInterrupted
	}
}

// agreed asks a question, and says whether the first letter of the answer is a yes or a
// no; an answer that is neither, or none, is what otherwise says.
func agreed(ctx context.Context, std IO, question string, otherwise bool) (bool, error) {
	fmt.Fprint(std.Err, question)
	line, _ := nextLine(ctx, bufio.NewReader(std.In)) // the end of input says nothing
	if ctx.Err() != nil {
		fmt.Fprintln(std.Err)
		return false, errInterrupted
	}
	switch line = strings.ToLower(line); {
	case strings.HasPrefix(line, "y"):
		return true, nil
	case strings.HasPrefix(line, "n"):
		return false, nil
	}
	return otherwise, nil
}
