# Nginx with the project's configuration. It is copied with modes of its own: a file that is mounted
# keeps the mode that a clone's umask gave it, and Nginx' user may be unable to read it.
FROM nginx:1.30
COPY --chmod=644 nginx.conf docker/upstreams.conf /etc/nginx/
COPY --chmod=755 docker/healthcheck /usr/local/bin/healthcheck
