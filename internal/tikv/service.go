package tikv

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// ErrTurnedAway is the error of a port for clients that refuses them.
var ErrTurnedAway = errors.New("clients are turned away")

// ProbeService asks the port for clients, as a client would, whether it takes
// requests. ErrTurnedAway is an answer; a deadline that passes is none.
func ProbeService(ctx context.Context, n demo.Node) error {
	if n.Address == "" {
		return errors.New("its address is not known")
	}
	conn, err := grpc.NewClient("passthrough:///"+mapAddress(n.Address), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_, err = healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
	switch s, _ := status.FromError(err); {
	case err == nil, s.Code() == codes.Unimplemented:
		return nil
	case s.Code() == codes.Unavailable:
		return fmt.Errorf("%w: %s", ErrTurnedAway, s.Message())
	default:
		return err
	}
}
