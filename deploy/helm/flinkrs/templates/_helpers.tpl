{{- define "flinkrs.name" -}}
{{- if contains "flinkrs" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-flinkrs" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "flinkrs.selector" -}}
app.kubernetes.io/name: flinkrs
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "flinkrs.labels" -}}
{{ include "flinkrs.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* host:port of every JobManager, as each is known to the others. */}}
{{- define "flinkrs.peers" -}}
{{- $name := printf "%s-jobmanager" (include "flinkrs.name" .) }}
{{- $peers := list }}
{{- range $number := until (int .Values.jobmanager.replicas) }}{{ $peers = append $peers (printf "%s-%d.%s:6123" $name $number $name) }}{{ end }}
{{- join "," $peers }}
{{- end }}

{{/* The configuration file: the user's keys, then what only the chart knows. */}}
{{- define "flinkrs.configuration" -}}
{{- $name := printf "%s-jobmanager" (include "flinkrs.name" .) }}
{{- $own := dict
  "high-availability.type" "raft"
  "high-availability.storageDir" "/data/jobs"
  "rest.port" 8081
  "rest.address" (printf "%s-rest" (include "flinkrs.name" .))
  "rest.bind-address" "0.0.0.0"
  "jobmanager.rpc.address" (printf "%s-0.%s" $name $name)
  "jobmanager.rpc.port" 6123
  "jobmanager.bind-host" "0.0.0.0"
  "taskmanager.rpc.port" 6122
  "taskmanager.data.port" 6121
  "taskmanager.bind-host" "0.0.0.0"
  "io.tmp.dirs" "/data/state"
  "metrics.reporter.prom.factory.class" "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
  "metrics.reporter.prom.port" 9249
}}
{{- if gt (int .Values.jobmanager.replicas) 1 }}{{ $_ := set $own "high-availability.raft.peers" (include "flinkrs.peers" .) }}{{ end }}
{{- if not .Values.sqlGateway.enabled }}{{ $_ := set $own "sql-gateway.endpoint.type" "none" }}{{ end }}
{{- if .Values.taskmanager.autoscaling.reactive }}{{ $_ := set $own "scheduler-mode" "reactive" }}{{ end }}
{{- toYaml (merge $own .Values.configuration) }}
{{- end }}

{{/* What both kinds of pods have. */}}
{{- define "flinkrs.pod" -}}
{{- with .Values.serviceAccount.name }}
serviceAccountName: {{ . }}
{{- end }}
automountServiceAccountToken: {{ .Values.serviceAccount.automount }}
securityContext:
  runAsNonRoot: true
  runAsUser: 9999
  runAsGroup: 9999
  fsGroup: 9999
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
terminationGracePeriodSeconds: 60
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "flinkrs.container" -}}
image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "flinkrs.environment" -}}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- if .Values.s3.secretName }}
- name: S3_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.s3.secretName }}, key: access-key}}
- name: S3_SECRET_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.s3.secretName }}, key: secret-key}}
- name: FLINK_PROPERTIES
  value: |
    s3.access-key: ${S3_ACCESS_KEY}
    s3.secret-key: ${S3_SECRET_KEY}
{{- end }}
{{- end }}

{{- define "flinkrs.mounts" -}}
- {name: configuration, mountPath: /opt/flink/conf, readOnly: true}
- {name: tmp, mountPath: /tmp}
- {name: data, mountPath: /data}
{{- if .Values.security.secretName }}
- {name: security, mountPath: /opt/flink/security, readOnly: true}
{{- end }}
{{- end }}

{{- define "flinkrs.volumes" -}}
- name: configuration
  configMap: {name: {{ include "flinkrs.name" . }}}
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
{{- if .Values.security.secretName }}
- name: security
  secret: {secretName: {{ .Values.security.secretName }}, defaultMode: 0440}
{{- end }}
{{- end }}
