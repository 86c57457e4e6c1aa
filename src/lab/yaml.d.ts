// esbuild hands YAML files over as text, so that the stories travel inside the bundle
declare module '*.yaml' {
  const text: string
  export default text
}
