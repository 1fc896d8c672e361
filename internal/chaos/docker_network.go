package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// tie is how a container hangs on one network. Docker forgets all of it when
// the container is taken off.
type tie struct {
	Network string   `json:"network"`           // id
	Name    string   `json:"name"`              // of the network
	Aliases []string `json:"aliases"`           // names by which others find the container
	Address string   `json:"address,omitempty"` // where its user chose one

	Address6 string            `json:"address6,omitempty"` // likewise
	Options  map[string]string `json:"options,omitempty"`  // of the network's driver
}

// Ties gives the networks of a node's container, with its names and addresses there.
func (d *Docker) Ties(ctx context.Context, name string) (json.RawMessage, error) {
	c, err := d.inspect(ctx, name)
	if err != nil {
		return nil, err
	}
	var ties []tie
	for n, e := range c.NetworkSettings.Networks {
		// The short id is an alias that Docker adds by itself.
		aliases := slices.DeleteFunc(slices.Clone(e.Aliases), func(a string) bool { return strings.HasPrefix(c.ID, a) })
		t := tie{Network: e.NetworkID, Name: n, Aliases: aliases, Options: e.DriverOpts}
		if e.IPAMConfig != nil {
			t.Address, t.Address6 = e.IPAMConfig.IPv4Address, e.IPAMConfig.IPv6Address
		}
		ties = append(ties, t)
	}
	if len(ties) == 0 {
		return nil, fmt.Errorf("%s is on no network already", name)
	}
	return json.Marshal(ties)
}

// Cut takes the container off every network that it is on.
func (d *Docker) Cut(ctx context.Context, name string) error {
	c, err := d.inspect(ctx, name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	cut := false
	for n, e := range c.NetworkSettings.Networks {
		err := d.api.NetworkDisconnect(ctx, e.NetworkID, c.ID, true)
		switch {
		case err != nil && cut: // off one network already: that is something done
			return sent{d.explain("disconnect from "+n, name, err)}
		case err != nil:
			return d.explain("disconnect from "+n, name, err)
		}
		cut = true
	}
	return nil
}

// Reconnect puts the container back on the networks that it is missing on,
// under its names, and at its address where that was chosen for it. An address
// that was Docker's choice is Docker's to choose again: made the container's own
// it would keep it from starting once another, started before it, has been given it.
func (d *Docker) Reconnect(ctx context.Context, name string, saved json.RawMessage) error {
	c, err := d.inspect(ctx, name)
	if err != nil {
		return err
	}
	var ties []tie
	if len(saved) > 0 {
		if err := json.Unmarshal(saved, &ties); err != nil {
			return fmt.Errorf("the ledger does not say how %s was tied to its network: %w", name, err)
		}
	}
	if len(ties) == 0 && len(c.NetworkSettings.Networks) == 0 {
		return fmt.Errorf("nobody knows on which network %s was; make its container again: `tikv-demo cluster down --cluster docker`, then `cluster up`", name)
	}
	for _, t := range ties {
		if _, on := c.NetworkSettings.Networks[t.Name]; on {
			continue
		}
		if err := d.tie(ctx, c, t); err != nil {
			return d.explain("connect to "+t.Name, name, err)
		}
	}
	return nil
}

// tie connects a container as it was connected before.
func (d *Docker) tie(ctx context.Context, c container.InspectResponse, t tie) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	settings := &network.EndpointSettings{Aliases: t.Aliases, DriverOpts: t.Options}
	if t.Address != "" || t.Address6 != "" {
		settings.IPAMConfig = &network.EndpointIPAMConfig{IPv4Address: t.Address, IPv6Address: t.Address6}
	}
	return d.api.NetworkConnect(ctx, t.Network, c.ID, settings)
}
