/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.actuate;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.actuate.autoconfigure.audit.AuditAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.jackson.JacksonEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.jmx.JmxEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementContextAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.jmx.JmxAutoConfiguration;
import org.springframework.boot.http.codec.autoconfigure.CodecsAutoConfiguration;
import org.springframework.boot.http.converter.autoconfigure.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.servlet.autoconfigure.actuate.web.ServletManagementContextAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.web.client.RestClient;
import org.springframework.web.server.WebFilter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application with the endpoint {@code hopperevents}, on a real server. Who sends the
 * header {@code X-User} is signed in.
 */
final class OperatedApplication implements AutoCloseable {

	private static final JsonMapper MAPPER = JsonMapper.builder().build();

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private final ConfigurableApplicationContext context;

	private final RestClient client;

	private OperatedApplication(ConfigurableApplicationContext context) {
		this.context = context;
		this.client = RestClient.builder()
			.requestFactory(new JdkClientHttpRequestFactory())
			.baseUrl("http://localhost:" + context.getEnvironment().getProperty("local.server.port")
					+ "/actuator/hopperevents")
			.defaultStatusHandler((status) -> true, (request, response) -> {
			})
			.build();
	}

	static OperatedApplication start(WebApplicationType type, FakeHopperApi api, String... properties) {
		return start(type, List.of(), api, properties);
	}

	static OperatedApplication start(WebApplicationType type, List<Class<?>> more, FakeHopperApi api,
			String... properties) {
		Map<String, Object> all = new LinkedHashMap<>(Map.of("server.port", "0", "hopper.base-url", api.baseUrl(),
				"hopper.auth.token", api.token(), "hopper.outbox.retry.initial-interval", "1ms",
				"management.endpoints.web.exposure.include", "hopperevents", "spring.main.banner-mode", "off",
				"spring.datasource.generate-unique-name", "true"));
		// Reactor Netty 1.3.7 now and then leaves a request lying that arrives on a kept
		// connection while the answer to the one before, written by another thread, ends
		all.put("server.netty.max-keep-alive-requests", "1");
		for (String property : properties) {
			int end = property.indexOf('=');
			all.put(property.substring(0, end), property.substring(end + 1));
		}
		SpringApplication application = new SpringApplication(
				(type == WebApplicationType.REACTIVE) ? Reactive.class : Servlet.class);
		application.addPrimarySources(more);
		application.setWebApplicationType(type);
		application.setDefaultProperties(all);
		application.setRegisterShutdownHook(false);
		return new OperatedApplication(application.run());
	}

	<T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	ConfigurableApplicationContext context() {
		return this.context;
	}

	Answer get(String path) {
		return exchange(HttpMethod.GET, path, null, null);
	}

	/**
	 * Ask for the overview until it has a value.
	 */
	Answer await(String pointer, String value) {
		long start = System.nanoTime();
		Answer answer = get("");
		while (!answer.string(pointer).equals(value) && System.nanoTime() - start < TIMEOUT.toNanos()) {
			answer = get("");
		}
		assertThat(answer.string(pointer)).isEqualTo(value);
		return answer;
	}

	Answer getAs(String user, String path) {
		return exchange(HttpMethod.GET, path, null, user);
	}

	Answer post(String path, String body) {
		return exchange(HttpMethod.POST, path, body, "operator");
	}

	Answer exchange(HttpMethod method, String path, String body, String user) {
		URI uri = URI.create("http://localhost:" + this.context.getEnvironment().getProperty("local.server.port")
				+ "/actuator/hopperevents" + path);
		RestClient.RequestBodySpec request = this.client.method(method).uri(uri);
		if (user != null) {
			request.header("X-User", user);
		}
		if (body != null) {
			request.contentType(MediaType.APPLICATION_JSON).body(body.getBytes(StandardCharsets.UTF_8));
		}
		return request.exchange((sent, response) -> {
			String text = new String(response.getBody().readAllBytes(), StandardCharsets.UTF_8);
			boolean json = text.startsWith("{");
			return new Answer(response.getStatusCode().value(), text,
					json ? MAPPER.readTree(text) : MAPPER.createObjectNode());
		});
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * An answer of the endpoint.
	 */
	record Answer(int status, String text, JsonNode json) {

		JsonNode at(String pointer) {
			return this.json.at(pointer);
		}

		String string(String pointer) {
			return this.json.at(pointer).asString();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ JacksonAutoConfiguration.class, DataSourceAutoConfiguration.class,
			DataSourceTransactionManagerAutoConfiguration.class, ObservationAutoConfiguration.class,
			HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class,
			HopperActuatorAutoConfiguration.class, JmxAutoConfiguration.class, AuditAutoConfiguration.class,
			EndpointAutoConfiguration.class, JacksonEndpointAutoConfiguration.class, JmxEndpointAutoConfiguration.class,
			WebEndpointAutoConfiguration.class, ManagementContextAutoConfiguration.class })
	static class Common {

		@Bean
		AuditEventRepository auditEventRepository() {
			return new InMemoryAuditEventRepository();
		}

		/**
		 * Applications at the same time: the first that ends must not end the others'
		 * event loops.
		 */
		@Bean
		ReactorResourceFactory reactorResourceFactory() {
			ReactorResourceFactory factory = new ReactorResourceFactory();
			factory.setUseGlobalResources(false);
			factory.setShutdownQuietPeriod(Duration.ZERO);
			return factory;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ TomcatServletWebServerAutoConfiguration.class, DispatcherServletAutoConfiguration.class,
			HttpMessageConvertersAutoConfiguration.class, WebMvcAutoConfiguration.class,
			ServletManagementContextAutoConfiguration.class })
	static class Servlet extends Common {

		@Bean
		Filter users() {
			return (request, response, chain) -> {
				String user = ((HttpServletRequest) request).getHeader("X-User");
				chain.doFilter(new HttpServletRequestWrapper((HttpServletRequest) request) {

					@Override
					public Principal getUserPrincipal() {
						return (user != null) ? () -> user : null;
					}

				}, response);
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ NettyReactiveWebServerAutoConfiguration.class, HttpHandlerAutoConfiguration.class,
			CodecsAutoConfiguration.class, WebFluxAutoConfiguration.class })
	static class Reactive extends Common {

		@Bean
		WebFilter users() {
			return (exchange, chain) -> {
				String user = exchange.getRequest().getHeaders().getFirst("X-User");
				Authentication authentication = (user != null)
						? new TestingAuthenticationToken(user, "none", "ROLE_OPS") : new AnonymousAuthenticationToken(
								"key", "anonymousUser", AuthorityUtils.createAuthorityList("ROLE_ANONYMOUS"));
				return chain.filter(exchange)
					.contextWrite(ReactiveSecurityContextHolder.withAuthentication(authentication));
			};
		}

	}

}
