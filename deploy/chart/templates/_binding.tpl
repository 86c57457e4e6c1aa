{{- /* Binds a role to the daemons' account, or to another one: context, kind, name, namespace (of a Role), account. */ -}}
{{- define "arpcheck.binding" -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels: {{- include "arpcheck.labels" .context | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ .account | default (include "arpcheck.account" .context) }}
    namespace: {{ .context.Release.Namespace }}
{{- end }}
