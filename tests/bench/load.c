/* A load for echo servers: CONNECTIONS clients at once, each sends SIZE bytes, waits until all of
 * them have come back, and sends again, for SECONDS or for ROUNDS each (0: no such limit).
 * Usage: load PORT CONNECTIONS SIZE SECONDS ROUNDS
 * Prints: round trips, seconds, bytes that came back wrong. Exit status 1 if any did. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct client {
    int fd;
    int got;
    long rounds;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int die(const char *what)
{
    perror(what);
    exit(2);
}

static void send_all(int fd, const char *data, int size)
{
    for (int sent = 0; sent < size;) {
        ssize_t n = send(fd, data + sent, (size_t)(size - sent), MSG_NOSIGNAL);
        if (n < 0)
            die("send");
        sent += (int)n;
    }
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: load PORT CONNECTIONS SIZE SECONDS ROUNDS\n");
        return 2;
    }
    int port = atoi(argv[1]), count = atoi(argv[2]), size = atoi(argv[3]);
    double limit = atof(argv[4]);
    long most = atol(argv[5]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    struct client *clients = calloc((size_t)count, sizeof *clients);
    char *out = malloc((size_t)size), *in = malloc((size_t)size);
    struct epoll_event *ready = calloc((size_t)count, sizeof *ready);
    if (!clients || !out || !in || !ready)
        return 2;
    for (int i = 0; i < size; i++)
        out[i] = (char)i;

    int set = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < count; i++) {
        int one = 1;
        clients[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (clients[i].fd < 0 || connect(clients[i].fd, (void *)&address, sizeof address) < 0)
            die("connect");
        setsockopt(clients[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        epoll_ctl(set, EPOLL_CTL_ADD, clients[i].fd, &event);
    }

    double began = now(), ends = limit > 0 ? began + limit : 1e18;
    long trips = 0, wrong = 0;
    int open = count;
    for (int i = 0; i < count; i++)
        send_all(clients[i].fd, out, size);
    while (open > 0 && now() < ends) {
        int n = epoll_wait(set, ready, count, 100);
        for (int i = 0; i < n; i++) {
            struct client *c = ready[i].data.ptr;
            ssize_t got = recv(c->fd, in, (size_t)(size - c->got), 0);
            if (got <= 0) {
                fprintf(stderr, "load: a connection ended early\n");
                return 1;
            }
            wrong += memcmp(in, out + c->got, (size_t)got) != 0;
            c->got += (int)got;
            if (c->got < size)
                continue;
            c->got = 0;
            trips++;
            if (most > 0 && ++c->rounds >= most) {
                epoll_ctl(set, EPOLL_CTL_DEL, c->fd, NULL);
                open--;
            } else {
                send_all(c->fd, out, size);
            }
        }
    }
    double took = now() - began;
    for (int i = 0; i < count; i++)
        close(clients[i].fd);
    printf("%ld %.6f %ld\n", trips, took, wrong);
    return wrong != 0;
}
