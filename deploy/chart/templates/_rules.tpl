{{- /* The groups of deploy/alerts.yaml, of files/alerts.yaml and the values. */ -}}
{{- define "arpcheck.rules" -}}
{{- $file := .Files.Get "files/alerts.yaml" | fromYaml }}
{{- $settings := .Values.prometheusRule -}}
groups:
  # One group: its rules run one after the other, so that an alert reads what was recorded a moment before.
  - name: arpcheck
    rules:
      {{- range $file.records }}
      - record: {{ .record }}
        expr: |
          {{- .expr | trim | nindent 10 }}
      {{- end }}
      {{- range $rule := $file.alerts }}
      {{- $set := index $settings.alerts .alert }}
      {{- if $set.enabled }}
      - alert: {{ .alert }}
        expr: |
          {{- .expr | trim | replace "THRESHOLD" (toString $set.threshold) | nindent 10 }}
        {{- with $set.for }}
        for: {{ . }}
        {{- end }}
        labels:
          severity: {{ $set.severity }}
          {{- with $settings.alertLabels }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
        annotations:
          summary: {{ .summary | replace "SERVICES" (include "arpcheck.services" $) | toRawJson }}
          description: {{ .description | toRawJson }}
          {{- if $settings.runbooks }}
          runbook_url: {{ printf "%s/%s.md" (trimSuffix "/" $settings.runbooks) .alert }}
          {{- else }}
          runbook: docs/runbooks/{{ .alert }}.md
          {{- end }}
      {{- end }}
      {{- end }}
{{- end }}

{{- /* Names the Services of the VIP in a summary: nobody knows addresses by heart. Expanded by Prometheus. */ -}}
{{- define "arpcheck.services" -}}
{{ `{{ range printf "count by (namespace, service) (arpcheck_vip_info{vip=%q})" $labels.vip | query }} {{ .Labels.namespace }}/{{ .Labels.service }}{{ end }}` }}
{{- end }}
