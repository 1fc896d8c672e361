package tikv

import (
	"sync/atomic"

	"google.golang.org/grpc/resolver"
)

// mappedScheme is the scheme of the resolver that maps addresses. It is made
// gRPC's default, because the client library dials in four places and takes
// options for two: its own probe of a store that is unreachable would go on
// dialling the name, and after a store's restart every write to it would fail
// for good.
const mappedScheme = "tikv-demo"

// addressMap is what MapAddresses was given.
var addressMap atomic.Pointer[func(string) string]

func init() {
	resolver.Register(mappedBuilder{})
	resolver.SetDefaultScheme(mappedScheme)
}

// MapAddresses has every client in this process dial at(address) where PD names
// address (host:port): a cluster in containers tells names that only its own
// network knows. An address that is not to be mapped is given back as it came.
// Nil maps nothing, as it is from the start. What is connected stays connected.
func MapAddresses(at func(address string) string) {
	if at == nil {
		addressMap.Store(nil)
		return
	}
	addressMap.Store(&at)
}

func mapAddress(address string) string {
	if at := addressMap.Load(); at != nil {
		return (*at)(address)
	}
	return address
}

type mappedBuilder struct{}

func (mappedBuilder) Scheme() string { return mappedScheme }

func (mappedBuilder) Build(target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	r := &mappedResolver{address: target.Endpoint(), cc: cc}
	return r, r.resolve()
}

// mappedResolver gives one address for one name. The dialer looks up what is
// still a name then.
type mappedResolver struct {
	address string
	cc      resolver.ClientConn
}

func (r *mappedResolver) resolve() error {
	return r.cc.UpdateState(resolver.State{Addresses: []resolver.Address{{Addr: mapAddress(r.address)}}})
}

// ResolveNow is asked after a connection has failed: the map may know better by
// then.
func (r *mappedResolver) ResolveNow(resolver.ResolveNowOptions) { _ = r.resolve() }

func (r *mappedResolver) Close() {}
