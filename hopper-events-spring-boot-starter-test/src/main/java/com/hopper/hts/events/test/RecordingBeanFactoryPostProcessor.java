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
package com.hopper.hts.events.test;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.AotDetector;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.BeanDefinitionRegistryPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.annotation.AnnotationUtils;

/**
 * Replaces the application's own publishers and outboxes, which would send, and refuses a
 * {@link FakeHopperApi}, which would receive nothing.
 */
final class RecordingBeanFactoryPostProcessor implements BeanDefinitionRegistryPostProcessor {

	@Override
	public void postProcessBeanDefinitionRegistry(BeanDefinitionRegistry registry) {
		if (!AotDetector.useGeneratedArtifacts() && registry instanceof ConfigurableListableBeanFactory beanFactory) {
			replace(registry, beanFactory, EventPublisher.class, RecordingEventPublisher.class, "publisher");
			replace(registry, beanFactory, EventOutbox.class, RecordingEventOutbox.class, "outbox");
		}
	}

	private void replace(BeanDefinitionRegistry registry, ConfigurableListableBeanFactory beanFactory, Class<?> type,
			Class<?> replacement, String factoryMethod) {
		for (String name : beanFactory.getBeanNamesForType(type, true, false)) {
			if (!replacement.equals(beanFactory.getType(name, false)) && registry.containsBeanDefinition(name)) {
				BeanDefinition original = registry.getBeanDefinition(name);
				RootBeanDefinition definition = new RootBeanDefinition(replacement);
				definition.setFactoryBeanName("hopperEventsRecorder");
				definition.setFactoryMethodName(factoryMethod);
				definition.setPrimary(original.isPrimary());
				definition.setFallback(original.isFallback());
				definition.setAutowireCandidate(original.isAutowireCandidate());
				if (original instanceof AbstractBeanDefinition abstractOriginal) {
					definition.copyQualifiersFrom(abstractOriginal);
					definition.setDefaultCandidate(abstractOriginal.isDefaultCandidate());
				}
				if (original instanceof RootBeanDefinition rootOriginal) {
					Method factory = rootOriginal.getResolvedFactoryMethod();
					definition.setQualifiedElement((factory != null) ? factory : rootOriginal.getQualifiedElement());
					addQualifiers(definition, factory);
				}
				addQualifiers(definition, beanFactory.getType(name, false));
				registry.removeBeanDefinition(name);
				registry.registerBeanDefinition(name, definition);
			}
		}
	}

	/**
	 * Keep annotations that tell beans apart as attributes of the definition. Code can be
	 * generated ahead of time from attributes, but not from the annotated element.
	 */
	private static void addQualifiers(RootBeanDefinition definition, @Nullable AnnotatedElement element) {
		if (element == null) {
			return;
		}
		for (Annotation annotation : element.getAnnotations()) {
			Class<? extends Annotation> type = annotation.annotationType();
			if ((type == Qualifier.class || type.isAnnotationPresent(Qualifier.class))
					&& !definition.hasQualifier(type.getName())) {
				AutowireCandidateQualifier qualifier = new AutowireCandidateQualifier(type);
				AnnotationUtils.getAnnotationAttributes(annotation).forEach(qualifier::setAttribute);
				definition.addQualifier(qualifier);
			}
		}
	}

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		for (String name : BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beanFactory, FakeHopperApi.class, true,
				false)) {
			throw refused("bean '" + name + "'");
		}
	}

	/**
	 * Create the failure of a test that both records and has a {@link FakeHopperApi}.
	 */
	static IllegalStateException refused(String fake) {
		return new IllegalStateException("@AutoConfigureHopperEvents records events instead of sending them, so the "
				+ "FakeHopperApi (" + fake + ") would never receive any. Remove one of the two from the test: "
				+ "@AutoConfigureHopperEvents is for tests of what is published, FakeHopperApi for tests of what is "
				+ "sent and answered.");
	}

}
