// Command wget is as much of wget as the healthchecks of compose.yaml use:
// `wget -q -O /dev/null URL`. The images that take the place of pingcap's in
// tests are built from nothing, and the same Compose file asks both for it.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// limit is above the healthcheck's own.
const limit = 10 * time.Second

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: wget [-q] [-O FILE] URL")
		os.Exit(2)
	}
	if err := get(os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, "wget:", err)
		os.Exit(1)
	}
}

// get reads url to its end and drops it.
func get(url string) error {
	client := &http.Client{Timeout: limit}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("server answered %s", resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
