package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/countersign-dev/countersign/nonce"
)

const redisProgram = "redis-server"

// redisServer is a Redis of its own on the loopback interface, asked SET key NX PX for each claim. It
// evicts nothing and keeps its append-only file, without either of which it forgets claims.
type redisServer struct {
	server *exec.Cmd
	client *redis.Client
}

// openRedis returns how to start it: "everysec" survives the end of the process, "always" that of the
// machine.
func openRedis(appendfsync string) func(string) (contestant, error) {
	return func(directory string) (contestant, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		server := exec.Command(redisProgram, "--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", directory,
			"--save", "", "--appendonly", "yes", "--appendfsync", appendfsync, "--maxmemory-policy", "noeviction")
		server.Stderr = os.Stderr
		if err := server.Start(); err != nil {
			return nil, err
		}
		r := redisServer{server, redis.NewClient(&redis.Options{
			Addr: fmt.Sprintf("127.0.0.1:%d", port), PoolSize: 128, MaxRetries: -1,
			ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		})}
		return r, r.loaded()
	}
}

// loaded waits until the server has read what it finds.
func (r redisServer) loaded() error {
	var err error
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err = r.client.Ping(context.Background()).Err(); err == nil {
			return nil
		}
	}
	r.ended()
	return fmt.Errorf("redis-server does not answer: %w", err)
}

func (r redisServer) claim(ctx context.Context, id nonce.ID, _, expires time.Time) error {
	first, err := r.client.SetNX(ctx, string(id[:]), 1, time.Until(expires)).Result()
	if err == nil && !first {
		err = errReplayed
	}
	return err
}

func (r redisServer) fill(count int, expires time.Time) error {
	const piped = 10_000
	life := time.Until(expires)
	for n := 0; n < count; {
		_, err := r.client.Pipelined(context.Background(), func(pipe redis.Pipeliner) error {
			for end := min(n+piped, count); n < end; n++ {
				id := idOf(fillSeed, uint64(n))
				pipe.SetNX(context.Background(), string(id[:]), 1, life)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r redisServer) memory() (int64, error) {
	about, err := r.client.Info(context.Background(), "memory").Result()
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(about, "used_memory_rss:")
	if !found {
		return 0, errors.New("redis-server does not tell used_memory_rss")
	}
	number, _, _ := strings.Cut(rest, "\r\n")
	return strconv.ParseInt(number, 10, 64)
}

func (r redisServer) ended() {
	_ = r.client.Close()
	_ = r.server.Process.Kill()
	_ = r.server.Wait()
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
