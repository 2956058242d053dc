{{- define "newswire.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for the suffixes of all objects. */}}
{{- define "newswire.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "newswire.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "newswire.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that select pods: they never change. Called with a dict of root and component. */}}
{{- define "newswire.selectorLabels" -}}
app.kubernetes.io/name: {{ include "newswire.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "newswire.labels" -}}
{{ include "newswire.selectorLabels" . }}
app.kubernetes.io/part-of: newswire
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "newswire.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end -}}
{{- end -}}

{{- define "newswire.hasRedis" -}}
{{- if and (eq .Values.broker "redis") .Values.redis.inChart.enabled -}}true{{- end -}}
{{- end -}}

{{/* Helm reads numbers as floats: 1048576 would become 1.048576e+06. */}}
{{- define "newswire.text" -}}
{{- if kindIs "float64" . -}}{{ printf "%.0f" . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}

{{/* Settings of edges and center that are not secret. */}}
{{- define "newswire.settings" -}}
NEWSWIRE_HOST: 0.0.0.0
NEWSWIRE_EDGE_PORT: '9901'
NEWSWIRE_CENTER_PORT: '9921'
NEWSWIRE_BROKER: {{ .Values.broker }}
NEWSWIRE_DRAIN_MS: {{ include "newswire.text" .Values.edge.drainMs | quote }}
{{- if eq .Values.broker "delegate" }}
NEWSWIRE_DELEGATE_PORT: '9911'
NEWSWIRE_EDGES: {{ include "newswire.fullname" . }}-edge-links:9911
{{- end }}
{{- if .Values.channels }}
NEWSWIRE_CHANNELS_FILE: /etc/newswire/channels/channels.yaml
{{- end }}
{{- if .Values.pusherApps.existingSecret }}
NEWSWIRE_PUSHER_APPS: /etc/newswire/pusher/{{ .Values.pusherApps.key }}
{{- end }}
{{- with .Values.redis.external.tls }}
{{- if .existingSecret }}
{{- range $name, $key := dict "NEWSWIRE_REDIS_CA_FILE" .caKey "NEWSWIRE_REDIS_CERT_FILE" .certKey "NEWSWIRE_REDIS_KEY_FILE" .keyKey }}
{{- if $key }}
{{ $name }}: /etc/newswire/redis-tls/{{ $key }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{ $name }}: {{ include "newswire.text" $value | quote }}
{{- end }}
{{- end -}}

{{/* The volumes with files; each is mounted at /etc/newswire/NAME. */}}
{{- define "newswire.files" -}}
{{- if .Values.channels }}
- { name: channels, configMap: { name: {{ include "newswire.fullname" . }}-channels } }
{{- end }}
{{- with .Values.pusherApps.existingSecret }}
- { name: pusher, secret: { secretName: {{ . }} } }
{{- end }}
{{- with .Values.redis.external.tls.existingSecret }}
- { name: redis-tls, secret: { secretName: {{ . }} } }
{{- end }}
{{- end -}}

{{/* Secret settings that the chart keeps in a Secret of its own; empty if there are none. */}}
{{- define "newswire.secrets" -}}
{{- range $name, $value := .Values.secrets.values }}
{{ $name }}: {{ include "newswire.text" $value | b64enc }}
{{- end }}
{{- if .Values.redis.external.url }}
NEWSWIRE_REDIS_URL: {{ .Values.redis.external.url | b64enc }}
{{- end }}
{{- end -}}

{{/* The paths of clients, as nginx.conf passes them to the edges. */}}
{{- define "newswire.edgePaths" -}}
- { type: Exact, path: /ws }
- { type: Exact, path: /sse }
- { type: Exact, path: /emulation }
- { type: Prefix, path: /connection }
- { type: Prefix, path: /app }
{{- end -}}

{{/*
The paths of publishers. Of all that nginx.conf passes to center, only these: an Ingress cannot refuse a
path, and /metrics must stay inside.
*/}}
{{- define "newswire.centerPaths" -}}
- { type: Prefix, path: /api }
- { type: Prefix, path: /apps }
{{- end -}}

{{/* What edges and center have in common in their pods. Called with root, component and values. */}}
{{- define "newswire.podMetadata" -}}
labels:
  {{- include "newswire.selectorLabels" . | nindent 2 }}
  {{- with .root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  # Changed settings replace the pods. For Secrets that the chart does not create: kubectl rollout restart.
  checksum/settings: {{ include "newswire.settings" .root | sha256sum }}
  checksum/secrets: {{ include "newswire.secrets" .root | sha256sum }}
  checksum/channels: {{ toYaml .root.Values.channels | sha256sum }}
  {{- with .values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "newswire.podSpec" -}}
automountServiceAccountToken: false
# Kubernetes would add variables such as NEWSWIRE_EDGE_PORT=tcp://…, and newswire refuses unknown names.
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000 # the image's user node
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "newswire.files" .root | fromYamlArray }}
volumes:
  {{- range . }}
  - name: {{ .name }}
    {{- omit . "name" | toYaml | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "newswire.container" -}}
image: {{ include "newswire.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
envFrom:
  - configMapRef: { name: {{ include "newswire.fullname" .root }}-settings }
  {{- if include "newswire.secrets" .root }}
  - secretRef: { name: {{ include "newswire.fullname" .root }}-secrets }
  {{- end }}
  {{- with .root.Values.secrets.existingSecret }}
  - secretRef: { name: {{ . }} }
  {{- end }}
env:
  # For the command line in the container: it publishes in center's, and subscribes in an edge's.
  - name: NEWSWIRE_URL
    value: http://127.0.0.1:{{ ternary 9901 9921 (eq .component "edge") }}
  {{- if include "newswire.hasRedis" .root }}
  - name: NEWSWIRE_REDIS_URL
    value: redis://{{ include "newswire.fullname" .root }}-redis:6379
  {{- else if and (eq .root.Values.broker "redis") .root.Values.redis.external.existingSecret.name }}
  - name: NEWSWIRE_REDIS_URL
    valueFrom:
      secretKeyRef:
        name: {{ .root.Values.redis.external.existingSecret.name }}
        key: {{ index .root.Values.redis.external.existingSecret (printf "%sKey" .component) }}
  {{- end }}
# Not ready: no new clients or requests. Only a process that does not answer at all is restarted.
startupProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 1
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- with include "newswire.files" .root | fromYamlArray }}
volumeMounts:
  {{- range . }}
  - { name: {{ .name }}, mountPath: /etc/newswire/{{ .name }}, readOnly: true }
  {{- end }}
{{- end }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
{{- end -}}
