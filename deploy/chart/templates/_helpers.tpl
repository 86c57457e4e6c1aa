{{- /* Names. The account for speakers' metrics and the NIC records have fixed names: the program asks for them so. */ -}}
{{- define "arpcheck.name" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains "arpcheck" .Release.Name }}{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}{{ printf "%s-arpcheck" .Release.Name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "arpcheck.account" -}}
{{ .Values.serviceAccount.name | default (ternary (include "arpcheck.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "arpcheck.image" -}}
{{- with .Values.image }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}{{ end }}
{{- end }}

{{- define "arpcheck.selector" -}}
app.kubernetes.io/name: arpcheck
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "arpcheck.labels" -}}
{{ include "arpcheck.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* One container's rights: a raw socket and nothing else. */ -}}
{{- define "arpcheck.rights" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  add: [NET_RAW]
{{- end }}

{{- /* One Pod's: 65534 is nobody; the capability comes with the image's node binary. */ -}}
{{- define "arpcheck.podRights" -}}
runAsNonRoot: true
runAsUser: 65534
runAsGroup: 65534
fsGroup: 65534
seccompProfile:
  type: RuntimeDefault
{{- end }}
